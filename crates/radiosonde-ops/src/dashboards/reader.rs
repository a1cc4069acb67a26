use radiosonde_metrics::model::Kind;

use crate::catalogue::{Catalogue, MetricEntry, Selector, rounded};
use crate::dashboards::target::Target;
use crate::promql::Scope;

/// The range of every rate: at least four scrapes, and as wide as a pixel.
///
/// Source: <https://grafana.com/docs/grafana/latest/datasources/prometheus/template-variables/#use-__rate_interval>
pub(crate) const RATE: &str = "$__rate_interval";

/// Writes the queries of panels for metrics of a catalogue.
#[derive(Debug, Clone)]
pub(crate) struct Reader<'a> {
    pub(crate) catalogue: &'a Catalogue,
    pub(crate) scope: Scope,
}

impl<'a> Reader<'a> {
    pub(crate) const fn new(catalogue: &'a Catalogue, scope: Scope) -> Self {
        Self { catalogue, scope }
    }

    /// The metric with this name, or with a namespace of one word in front of it.
    pub(crate) fn entry(&self, name: &str) -> Option<&'a MetricEntry> {
        let in_namespace = |metric: &&MetricEntry| {
            let namespace = metric.name.strip_suffix(name).and_then(|start| start.strip_suffix('_'));
            namespace.is_some_and(|namespace| !namespace.contains('_'))
        };
        self.catalogue.metric(name).or_else(|| self.catalogue.metrics.iter().find(in_namespace))
    }

    pub(crate) fn find(&self, name: &str) -> Option<Selector> {
        self.entry(name).map(Selector::from)
    }

    /// A sum of series: of what only grows, the rate per second.
    pub(crate) fn sum(&self, of: &Selector, by: &[&str]) -> String {
        self.aggregated("sum", of, by)
    }

    pub(crate) fn aggregated(&self, function: &str, of: &Selector, by: &[&str]) -> String {
        self.scope.aggregated(function, of, by, RATE)
    }

    pub(crate) fn quantile(&self, quantile: f64, of: &Selector, by: &[&str]) -> String {
        self.scope.quantile(quantile, of, by, RATE)
    }

    /// The rates of all buckets.
    pub(crate) fn buckets(&self, of: &Selector) -> String {
        self.scope.range("rate", of, "_bucket", &[], RATE)
    }

    /// The quantiles 0.5, 0.95 and 0.99, of which a summary has only some, with exemplars; a gauge has only its highest value.
    pub(crate) fn quantiles(&self, of: &Selector) -> Vec<Target> {
        let known = self.catalogue.metric(&of.metric).and_then(|metric| metric.quantiles.as_deref());
        let wanted = match of.kind {
            Kind::Histogram => &[0.5, 0.95, 0.99],
            Kind::Summary => known.unwrap_or_default(),
            _ => return vec![Target::new(self.aggregated("max", of, &[]), "highest")],
        };
        let target = |quantile: &f64| {
            let target =
                Target::new(self.quantile(*quantile, of, &[]), format!("p{}", rounded(quantile * 100.0)));
            if of.kind == Kind::Histogram { target.with_exemplars() } else { target }
        };
        wanted.iter().map(target).collect()
    }
}

/// Grafana's unit for values of a metric.
pub(crate) fn unit_of(metric: &str, declared: Option<&str>) -> &'static str {
    const UNITS: [(&str, &str); 7] = [
        ("seconds", "s"),
        ("milliseconds", "ms"),
        ("bytes", "bytes"),
        ("ratio", "percentunit"),
        ("percent", "percent"),
        ("celsius", "celsius"),
        ("usd", "currencyUSD"),
    ];
    let of = |text: &str| UNITS.iter().find(|(name, _)| *name == text).map(|(_, unit)| *unit);
    let last = metric.trim_end_matches("_total").rsplit('_').next().unwrap_or_default();
    declared.and_then(of).or_else(|| of(last)).unwrap_or("short")
}

/// A metric's name as words.
pub(crate) fn words(name: &str) -> String {
    name.trim_end_matches("_total").replace('_', " ")
}

/// A legend of these labels' values.
pub(crate) fn legend_of(labels: &[&str]) -> String {
    let labels: Vec<_> = labels.iter().map(|label| format!("{{{{{label}}}}}")).collect();
    labels.join(" ")
}
