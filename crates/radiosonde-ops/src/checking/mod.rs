//! The checker of PromQL: the shape of each query is found from the inside out, and compared with what the catalogue declares.

mod alert_checks;
mod allow;
mod assert_checked;
mod bucket_bound;
mod calls;
mod check_paths;
mod checker;
mod diagnostic;
mod inference;
mod interval;
mod known_series;
mod label_set;
mod label_values;
mod log_filters;
mod matchers;
mod nearest;
mod operators;
mod panel_source;
mod plain_source;
mod query;
mod report;
mod rule_source;
mod shape;
mod template_labels;
mod tree;
mod twins;
mod variables;

pub use assert_checked::assert_no_diagnostics;
pub use checker::Checker;
pub use diagnostic::{Diagnostic, DiagnosticCode, DiagnosticSeverity};
