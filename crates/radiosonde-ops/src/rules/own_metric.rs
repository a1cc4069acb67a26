use crate::catalogue::{Catalogue, Selector};

/// What a program exposes from its start on, whatever it does.
pub(crate) fn own_metric(catalogue: &Catalogue) -> Option<Selector> {
    catalogue
        .metrics
        .iter()
        .find(|metric| metric.name.ends_with("radiosonde_metrics_scrapes_total"))
        .map(Selector::from)
}
