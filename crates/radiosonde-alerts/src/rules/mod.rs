//! Rules: conditions for alerts, and the values that they compare.

pub(crate) mod alert_rule;
pub(crate) mod condition;
pub(crate) mod finding;
pub(crate) mod invalid_alert_rule;
pub(crate) mod value;
