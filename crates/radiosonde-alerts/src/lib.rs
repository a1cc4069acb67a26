#![doc = include_str!("../README.md")]

mod alert;
mod alert_handler;
mod alert_limit;
mod alert_lines;
mod alertmanager;
mod book;
mod engine;
mod evaluating;
mod label_name;
mod notifying;
mod rfc3339;
mod rules;
mod silences;
#[cfg(feature = "webhook")]
mod webhook;

pub use alert::{Alert, AlertState};
pub use alert_handler::AlertHandler;
pub use alert_limit::AlertLimit;
pub use alert_lines::AlertLines;
pub use alertmanager::active_alert::ActiveAlert;
pub use alertmanager::alertmanager_error::AlertmanagerError;
pub use alertmanager::build_error::AlertmanagerBuildError;
pub use alertmanager::client::AlertmanagerClient;
pub use alertmanager::external_labels::{InvalidAlertLabel, InvalidAlertLabelKind};
pub use alertmanager::new_silence::NewSilence;
pub use alertmanager::options::AlertmanagerOptions;
pub use alertmanager::response_future::AlertmanagerFuture;
pub use alertmanager::silence::{AlertmanagerSilence, SilenceState};
pub use alertmanager::silence_matcher::SilenceMatcher;
pub use alertmanager::sink::Alertmanager;
pub use book::alert_statistics::AlertStatistics;
pub use engine::alert_engine::AlertEngine;
pub use engine::alert_engine_build_error::AlertEngineBuildError;
pub use engine::alert_engine_builder::AlertEngineBuilder;
pub use engine::create_alert_error::CreateAlertError;
pub use engine::rule_status::RuleStatus;
pub use engine::threads::AlertEngineShutdown;
#[cfg(feature = "webhook")]
pub use radiosonde_admin::{Credentials, InvalidCredentials};
pub use radiosonde_signals::Severity;
pub use rules::alert_rule::AlertRule;
pub use rules::condition::{Condition, ConditionFunction, ConditionTest};
pub use rules::finding::Finding;
pub use rules::invalid_alert_rule::{InvalidAlertRule, InvalidAlertRuleKind};
pub use rules::value::{GaugeMerge, Value, ValueSource};
pub use silences::invalid_silence::InvalidSilence;
pub use silences::silence::Silence;
pub use silences::silences::SilenceId;
#[cfg(feature = "webhook")]
pub use webhook::builder::{WebhookBuildError, WebhookReceiverBuilder};
#[cfg(feature = "webhook")]
pub use webhook::handler::{WebhookError, WebhookHandler};
#[cfg(feature = "webhook")]
pub use webhook::message::{InvalidWebhookMessage, WebhookAlert, WebhookMessage};
#[cfg(feature = "webhook")]
pub use webhook::receiver::{WebhookFuture, WebhookReceiver};
