//! The queries that rules, dashboards and pages have in common.

use radiosonde_metrics::model::Kind;

use crate::catalogue::{SaturationEntry, Selector};
use crate::promql::scope::Scope;

impl Scope {
    /// The series as they are now: of what only grows, the increase per second.
    pub(crate) fn now(&self, of: &Selector, window: &str) -> String {
        match of.kind {
            Kind::Counter | Kind::Histogram | Kind::Summary => self.growth("rate", of, window),
            _ => self.instant(of),
        }
    }

    /// An aggregation of the series as they are now, by the values of labels.
    pub(crate) fn aggregated(&self, function: &str, of: &Selector, by: &[&str], window: &str) -> String {
        format!("{}({})", grouped(function, by), self.now(of, window))
    }

    /// A quantile of a histogram's observations. A summary has its own quantiles, of which the highest counts, and a gauge its highest value.
    pub(crate) fn quantile(&self, quantile: f64, of: &Selector, by: &[&str], window: &str) -> String {
        match of.kind {
            Kind::Histogram => {
                let labels: Vec<_> = std::iter::once("le").chain(by.iter().copied()).collect();
                let buckets = self.range("rate", of, "_bucket", &[], window);
                format!("histogram_quantile({quantile}, {}({buckets}))", grouped("sum", &labels))
            }
            Kind::Summary => {
                let label = ("quantile".to_owned(), quantile.to_string());
                format!("{}({})", grouped("max", by), self.instant_with(of, "", &[label]))
            }
            _ => self.aggregated("max", of, by, window),
        }
    }

    /// What is in use, divided by its limit, of the fullest instance; `None` if the limit is not known.
    pub(crate) fn saturation(&self, of: &SaturationEntry, by: &[&str], window: &str) -> Option<String> {
        let labels: Vec<_> = std::iter::once("instance").chain(by.iter().copied()).collect();
        let each = |of: &Selector| self.aggregated("sum", of, &labels, window);
        let limit = match (&of.limit, of.fixed_limit) {
            (Some(limit), _) => format!("({} > 0)", each(limit)),
            (None, Some(limit)) if limit > 0.0 => limit.to_string(),
            _ => return None,
        };
        Some(format!("{}({} / {limit})", grouped("max", by), each(&of.in_use)))
    }
}

/// `sum by (a, b) ` or `sum`.
pub(crate) fn grouped(function: &str, by: &[&str]) -> String {
    if by.is_empty() { function.to_owned() } else { format!("{function} by ({}) ", by.join(", ")) }
}
