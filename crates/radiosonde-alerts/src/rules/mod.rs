//! What makes an alert.

pub(crate) mod alert_rule;
pub(crate) mod condition;
pub(crate) mod finding;
pub(crate) mod invalid_alert_rule;
pub(crate) mod value;
