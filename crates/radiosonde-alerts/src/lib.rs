#![doc = include_str!("../README.md")]

mod alert;
mod alert_handler;
mod book;
mod engine;
mod evaluating;
mod label_name;
mod notifying;
mod rules;
mod silences;

pub use alert::{Alert, AlertState};
pub use alert_handler::AlertHandler;
pub use book::alert_statistics::AlertStatistics;
pub use engine::alert_engine::AlertEngine;
pub use engine::alert_engine_build_error::AlertEngineBuildError;
pub use engine::alert_engine_builder::AlertEngineBuilder;
pub use engine::create_alert_error::CreateAlertError;
pub use engine::rule_status::RuleStatus;
pub use engine::threads::AlertEngineShutdown;
pub use radiosonde_signals::Severity;
pub use rules::alert_rule::AlertRule;
pub use rules::condition::Condition;
pub use rules::finding::Finding;
pub use rules::invalid_alert_rule::{InvalidAlertRule, InvalidAlertRuleKind};
pub use rules::value::Value;
pub use silences::invalid_silence::InvalidSilence;
pub use silences::silence::Silence;
pub use silences::silences::SilenceId;
