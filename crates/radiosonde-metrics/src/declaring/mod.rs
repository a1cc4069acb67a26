//! How a metric is declared: names, labels, and what is refused.

pub(crate) mod declaration;
pub(crate) mod declare;
pub(crate) mod declare_removable;
pub(crate) mod descriptor;
pub(crate) mod error;
pub(crate) mod labels;
pub(crate) mod lazy;
pub(crate) mod name;
pub(crate) mod record;
pub(crate) mod record_error;
pub(crate) mod register_errors;
pub(crate) mod registry_builder;
pub(crate) mod status_class;
pub(crate) mod which_registry;
