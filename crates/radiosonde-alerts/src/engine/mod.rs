//! Evaluates rules, and hands alerts to handlers.

pub(crate) mod alert_engine;
pub(crate) mod alert_engine_build_error;
pub(crate) mod alert_engine_builder;
pub(crate) mod claim;
pub(crate) mod core;
pub(crate) mod create_alert_error;
pub(crate) mod idle;
pub(crate) mod report;
pub(crate) mod rule_status;
pub(crate) mod self_metrics;
pub(crate) mod threads;
