#![doc = include_str!("../README.md")]

mod artifacts;
mod catalogue;
#[cfg(feature = "check")]
mod checking;
mod dashboards;
mod document;
mod documents;
mod golden;
mod lint;
mod markdown;
mod problem;
mod promql;
mod routing;
mod rule_tests;
mod rules;

pub use artifacts::{Artifacts, Difference, Drift, DriftKind, Generator};
#[doc(hidden)]
pub use artifacts::{ToArtifacts, assert_up_to_date, global_artifacts};
pub use catalogue::{
    AlertEntry, Catalogue, ConditionEntry, IndicatorEntry, InvalidCatalogue, InvalidExposition, LabelMatch,
    MergeEntry, MetricEntry, ObjectiveEntry, SaturationEntry, Selector, SignalsEntry, ValueEntry,
    WindowEntry,
};
#[cfg(feature = "check")]
#[doc(hidden)]
pub use checking::assert_no_diagnostics;
#[cfg(feature = "check")]
pub use checking::{Checker, Diagnostic, DiagnosticCode, DiagnosticSeverity};
pub use dashboards::{Dashboard, NoSuchDashboard};
pub use golden::{GoldenQueries, GoldenTable, NoQuery};
pub use lint::lint;
pub use problem::{Finding, Problem};
pub use routing::alertmanager_file;
pub use rules::{GenerateError, GenerateErrorKind, Rule, RuleFile, RuleGroup, standard_alerts};
