//! How a metric is declared.

pub(crate) mod callback;
pub(crate) mod declare;
pub(crate) mod declare_removable;
pub(crate) mod info;
pub(crate) mod lazy;
pub(crate) mod record;
pub(crate) mod register_errors;
pub(crate) mod registry_builder;
pub(crate) mod state_set;
pub(crate) mod which_registry;
