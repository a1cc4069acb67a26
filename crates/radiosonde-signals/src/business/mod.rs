//! What a service is for, in numbers: orders, sign-ups, sales.

pub(crate) mod metric;
pub(crate) mod metric_builder;
pub(crate) mod metric_family;
