use crate::catalogue::{Catalogue, Selector};

/// All series of a metric.
pub(crate) fn all_of(catalogue: &Catalogue, metric: &str) -> Option<Selector> {
    let metric = catalogue.metric(metric)?;
    Some(Selector {
        metric: metric.name.clone(),
        kind: metric.kind,
        matchers: Vec::new(),
        former_names: metric.former_names.clone(),
    })
}

/// What a program exposes from its start on, whatever it does.
pub(crate) fn own_metric(catalogue: &Catalogue) -> Option<Selector> {
    let is_own = |name: &str| name.ends_with("radiosonde_metrics_scrapes_total");
    let own = catalogue.metrics.iter().find(|metric| is_own(&metric.name))?;
    all_of(catalogue, &own.name)
}
