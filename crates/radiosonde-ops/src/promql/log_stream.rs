use crate::promql::literal::quoted;
use crate::promql::scope::Scope;

/// The lines of a service in LogQL, without the closing brace, so that a caller can add labels.
///
/// The label is `service` if the series are selected by it: `service_label` gives it to lines, too.
pub(crate) fn log_stream(name: &str, scope: &Scope) -> String {
    let service = scope.matchers().iter().find(|(label, _)| label == "service");
    let (label, value) = service.map_or(("service_name", name), |(label, value)| (label, value));
    format!("{{{label}={}", quoted(value))
}
