//! Rules, evaluated on one snapshot.

pub(crate) mod burn_alerts;
pub(crate) mod findings;
pub(crate) mod group;
pub(crate) mod moment;
pub(crate) mod number;
pub(crate) mod refused;
pub(crate) mod rule_evaluator;
pub(crate) mod template;
pub(crate) mod windows;
pub(crate) mod work_signals;
