use radiosonde_metrics::model::Kind;

use crate::catalogue::{IndicatorEntry, LabelMatch, ObjectiveEntry, SaturationEntry, Selector, SignalsEntry};
use crate::dashboards::reader::{RATE, Reader, legend_of};
use crate::dashboards::target::Target;

/// Queries of the golden signals of work. Work of one kind shares its metrics, so a query has all of it, by the label of its name.
pub(crate) struct Work<'a> {
    pub(crate) reader: &'a Reader<'a>,
    pub(crate) signals: Vec<&'a SignalsEntry>,
}

impl<'a> Work<'a> {
    pub(crate) fn of_kinds(reader: &'a Reader<'a>, kinds: &[&str]) -> Self {
        let signals = reader.catalogue.signals.iter().filter(|signals| kinds.contains(&&*signals.kind));
        Self { reader, signals: signals.collect() }
    }

    /// The work that people ask about. A cache that misses and a sale that fails are not failures of the service.
    pub(crate) fn of_all(reader: &'a Reader<'a>) -> Self {
        let is_shown = |signals: &&SignalsEntry| {
            !matches!(&*signals.kind, "business" | "cache" | "database_pool" | "resource")
        };
        Self { reader, signals: reader.catalogue.signals.iter().filter(is_shown).collect() }
    }

    pub(crate) fn traffic(&self, by_item: bool) -> Vec<Target> {
        self.each(by_item, |signals, by| {
            let (of, own) = freed(signals.traffic.as_ref()?, &signals.name);
            let by = labels(own.as_deref(), by);
            Some((self.reader.sum(&of, &by), legend(signals, &by)))
        })
    }

    /// The share of the traffic that failed; 0 without errors, and without traffic.
    pub(crate) fn error_ratio(&self, by_item: bool) -> Vec<Target> {
        self.each(by_item, |signals, by| {
            let (errors, own) = freed(signals.errors.as_ref()?, &signals.name);
            let (traffic, _) = freed(signals.traffic.as_ref()?, &signals.name);
            let by = labels(own.as_deref(), by);
            let (errors, traffic) = (self.reader.sum(&errors, &by), self.reader.sum(&traffic, &by));
            Some((format!("{errors} / ({traffic} > 0) or 0 * {traffic}"), legend(signals, &by)))
        })
    }

    /// The traffic by the first of these labels that its metric has: how the work ended.
    pub(crate) fn traffic_by(&self, labels: &[&str]) -> Vec<Target> {
        self.each(false, |signals, _| {
            let (of, _) = freed(signals.traffic.as_ref()?, &signals.name);
            let metric = self.reader.catalogue.metric(&of.metric)?;
            let by = [*labels.iter().find(|label| metric.has_label(label))?];
            Some((self.reader.sum(&of, &by), legend_of(&by)))
        })
    }

    pub(crate) fn latency(&self, quantile: f64, by_item: bool) -> Vec<Target> {
        let targets = self.each(by_item, |signals, by| {
            let (of, own) = freed(signals.latency.as_ref()?, &signals.name);
            let by = labels(own.as_deref(), by);
            Some((self.reader.quantile(quantile, &of, &by), legend(signals, &by)))
        });
        targets.into_iter().map(Target::with_exemplars).collect()
    }

    /// What is in use, divided by its limit, of the fullest instance.
    pub(crate) fn saturation(&self) -> Vec<Target> {
        self.each(false, |signals, _| {
            let SaturationEntry { in_use, limit, fixed_limit } = signals.saturation.as_ref()?;
            let (in_use, own) = freed(in_use, &signals.name);
            let limit = limit.as_ref().map(|limit| freed(limit, &signals.name).0);
            let by = labels(own.as_deref(), None);
            let of = SaturationEntry { in_use, limit, fixed_limit: *fixed_limit };
            Some((self.reader.scope.saturation(&of, &by, RATE)?, legend(signals, &by)))
        })
    }

    /// Each query once.
    fn each(
        &self,
        by_item: bool,
        query: impl Fn(&'a SignalsEntry, Option<&'a str>) -> Option<(String, String)>,
    ) -> Vec<Target> {
        let mut targets: Vec<Target> = Vec::new();
        for signals in &self.signals {
            let item = signals.item_label.as_deref().filter(|_| by_item);
            let Some((expr, legend)) = query(signals, item) else { continue };
            if !targets.iter().any(|target| target.expr == expr) {
                targets.push(Target::new(expr, legend));
            }
        }
        targets
    }

    /// The histograms of the latencies, each once.
    pub(crate) fn latencies(&self) -> Vec<Selector> {
        let mut found: Vec<Selector> = Vec::new();
        for signals in &self.signals {
            let latency = signals.latency.as_ref().map(|latency| freed(latency, &signals.name).0);
            found.extend(latency.filter(|latency| latency.kind == Kind::Histogram));
        }
        found.dedup();
        found
    }

    /// The shortest of the times that objectives of this work call good, in seconds.
    pub(crate) fn good_latency(&self) -> Option<f64> {
        let own = self.latencies();
        let thresholds =
            self.reader.catalogue.objectives.iter().filter_map(|objective| match &objective.indicator {
                IndicatorEntry::Latency { histograms, threshold }
                    if histograms.iter().any(|of| own.iter().any(|own| own.metric == of.metric)) =>
                {
                    Some(*threshold)
                }
                _ => None,
            });
        thresholds.reduce(f64::min)
    }

    /// The smallest share of failures that an objective of this work allows.
    pub(crate) fn good_error_ratio(&self) -> Option<f64> {
        let own = |of: &Selector| {
            let mut traffic = self.signals.iter().filter_map(|signals| signals.traffic.as_ref());
            traffic.any(|traffic| traffic.metric == of.metric)
        };
        let budgets = self.reader.catalogue.objectives.iter().filter(|objective| {
            matches!(&objective.indicator, IndicatorEntry::Events { total, .. } if total.iter().any(own))
        });
        budgets.map(ObjectiveEntry::error_budget).reduce(f64::min)
    }
}

/// A selector without the condition that it is this piece of work, and the label of that condition.
fn freed(of: &Selector, name: &str) -> (Selector, Option<String>) {
    let is_own =
        |value: &LabelMatch| matches!(value, LabelMatch::OneOf(values) if values.as_slice() == [name]);
    let mut of = of.clone();
    let label = of.matchers.iter().find(|(_, value)| is_own(value)).map(|(label, _)| label.clone());
    of.matchers.retain(|(own, _)| Some(own) != label.as_ref());
    (of, label)
}

fn labels<'l>(own: Option<&'l str>, item: Option<&'l str>) -> Vec<&'l str> {
    own.into_iter().chain(item.filter(|item| Some(*item) != own)).collect()
}

/// The kind of work, and the labels that tell its parts apart.
fn legend(signals: &SignalsEntry, by: &[&str]) -> String {
    let kind = signals.kind.replace('_', " ");
    if by.is_empty() {
        return if signals.name == signals.kind || signals.name == "http" {
            kind
        } else {
            format!("{kind} {}", signals.name)
        };
    }
    format!("{kind} {}", legend_of(by))
}
