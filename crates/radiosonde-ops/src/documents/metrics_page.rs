use crate::catalogue::Catalogue;

/// `METRICS.md`: metrics, objectives and alerts.
pub(crate) fn metrics_page(name: &str, catalogue: &Catalogue) -> String {
    format!("# Metrics of {name}\n\n{catalogue}")
}
