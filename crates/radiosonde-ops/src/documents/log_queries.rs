use crate::catalogue::Catalogue;

/// `queries.md`: LogQL and PromQL to start from.
pub(crate) fn log_queries(_name: &str, _catalogue: &Catalogue) -> String {
    String::new()
}
