//! Kinds of work: their names, their metrics, and how one is declared.

pub(crate) mod error_kind;
pub(crate) mod label_key;
pub(crate) mod label_sets;
pub(crate) mod operation;
pub(crate) mod operation_builder;
pub(crate) mod operation_family;
pub(crate) mod operation_names;
#[allow(clippy::module_inception, reason = "the room is about them")]
pub(crate) mod operations;
pub(crate) mod outcome_label;
pub(crate) mod set_options;
pub(crate) mod work_metrics;
