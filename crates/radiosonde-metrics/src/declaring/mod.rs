//! How a metric is declared.

pub(crate) mod callback;
pub(crate) mod info;
pub(crate) mod lazy;
pub(crate) mod metric_builder;
pub(crate) mod record;
pub(crate) mod register_errors;
pub(crate) mod registry_builder;
pub(crate) mod registry_source;
pub(crate) mod removable_metric_builder;
pub(crate) mod state_set;
