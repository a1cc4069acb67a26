//! Recording and alert rules for Prometheus.

mod alert_query;
mod alert_rules;
mod alert_text;
mod burn;
mod check_scope;
mod former_names;
mod least_bad;
mod objective_rules;
mod objective_sums;
mod own_metric;
mod reachable;
mod recorded;
mod refused;
mod rule_file;
mod standard_alerts;

pub(crate) use alert_rules::alert_groups;
pub(crate) use check_scope::check_scope;
pub(crate) use former_names::check_former_names;
pub(crate) use least_bad::least_bad;
pub(crate) use objective_rules::{ABSENT, BURN, EXHAUSTED, base_window, objective_group};
pub(crate) use recorded::Recorded;
pub use refused::{GenerateError, GenerateErrorKind};
pub use rule_file::{Rule, RuleFile, RuleGroup};
pub use standard_alerts::standard_alerts;
