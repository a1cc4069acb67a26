use radiosonde_alerts::{AlertRule, Condition, ConditionTest, GaugeMerge, Value, ValueSource};
use radiosonde_metrics::Registry;
use radiosonde_signals::{GoldenSignals, Series, Work};

use crate::catalogue::alert_entry::{AlertEntry, ConditionEntry, MergeEntry, ValueEntry};
use crate::catalogue::catalogue::Catalogue;
use crate::catalogue::selector::{FormerNames, Selector};
use crate::catalogue::signals_entry::SignalsEntry;

impl Catalogue {
    /// The catalogue with the rules of an alert engine of the same registry: what Prometheus can evaluate, it evaluates in the same way.
    ///
    /// ```
    /// use radiosonde_alerts::{AlertRule, Condition, Value};
    /// use radiosonde_metrics::Registry;
    /// use radiosonde_metrics::model::Kind;
    /// use radiosonde_ops::{Catalogue, Generator};
    /// use radiosonde_signals::Series;
    ///
    /// let registry = Registry::new();
    /// registry.gauge("devices", "Devices.").labels(&["status"])?;
    /// let devices = Series::of(&registry, "devices", Kind::Gauge);
    /// let offline = Value::share(devices.clone().with("status", "offline"), devices);
    /// let rule = AlertRule::new("DevicesOffline", Condition::above(offline, 0.2));
    ///
    /// let catalogue = Catalogue::of(&registry).with_alerts(&registry, [rule]);
    /// let rules = Generator::new("devices", catalogue).rules()?.to_yaml();
    /// assert!(rules.contains("sum(devices{status=\"offline\"}) / (sum(devices) > 0) > 0.2"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_alerts(mut self, registry: &Registry, rules: impl IntoIterator<Item = AlertRule>) -> Self {
        let former = self.former_names();
        let of = Rules { registry, former: &former };
        self.alerts.extend(rules.into_iter().map(|rule| of.entry(rule)));
        self
    }
}

struct Rules<'a> {
    registry: &'a Registry,
    former: &'a FormerNames,
}

impl Rules<'_> {
    fn entry(&self, rule: AlertRule) -> AlertEntry {
        AlertEntry {
            condition: self.condition(&rule.condition),
            name: rule.name,
            hold: rule.hold,
            keep_firing: rule.keep_firing,
            severity: rule.severity.as_str().to_owned(),
            labels: rule.labels,
            annotations: rule.annotations,
        }
    }

    fn condition(&self, condition: &Condition) -> ConditionEntry {
        match condition.test() {
            ConditionTest::Compare { value, is_above, threshold } => {
                let (threshold, by) = (*threshold, value.by.clone());
                match self.value(value) {
                    Some(value) if *is_above => ConditionEntry::Above { value, threshold, by },
                    Some(value) => ConditionEntry::Below { value, threshold, by },
                    None => ConditionEntry::InProcessOnly("its value is not one of metrics".to_owned()),
                }
            }
            ConditionTest::Absent(series) => ConditionEntry::Absent(self.selector(series)),
            ConditionTest::Burning(slo) => ConditionEntry::Burning(slo.clone()),
            ConditionTest::BudgetBelow(slo, share) => {
                ConditionEntry::BudgetBelow { slo: slo.clone(), share: *share }
            }
            ConditionTest::Anomalous(detector) => ConditionEntry::InProcessOnly(format!(
                "the anomaly detector {detector:?} learns in the process"
            )),
            ConditionTest::Function(_) => ConditionEntry::InProcessOnly("it is a function".to_owned()),
            _ => ConditionEntry::InProcessOnly("it is of a later version".to_owned()),
        }
    }

    fn value(&self, value: &Value) -> Option<ValueEntry> {
        let of = |series| self.selector(series);
        Some(match &value.source {
            ValueSource::Gauge(gauge, merge) => {
                let merge = match merge {
                    GaugeMerge::Sum => MergeEntry::Sum,
                    GaugeMerge::Highest => MergeEntry::Highest,
                    GaugeMerge::Lowest => MergeEntry::Lowest,
                };
                ValueEntry::Gauge { gauge: of(gauge), merge }
            }
            ValueSource::Share(part, all) => ValueEntry::Share { part: of(part), all: of(all) },
            ValueSource::Saturation(work) => ValueEntry::Saturation(
                self.signals(work).into_iter().filter_map(|signals| signals.saturation).collect(),
            ),
            ValueSource::Age(timestamps) => ValueEntry::Age(of(timestamps)),
            ValueSource::Increase(events, window) => {
                ValueEntry::Increase { events: of(events), window: *window }
            }
            ValueSource::Rate(events, window) => ValueEntry::Rate { events: of(events), window: *window },
            ValueSource::Ratio { bad, all, window } => ValueEntry::Ratio {
                bad: vec![of(bad)],
                all: vec![of(all)],
                window: *window,
                min_bad_events: 0.0,
            },
            ValueSource::ErrorRatio(work, window) => {
                let signals = self.signals(work).into_iter();
                let (bad, all) = signals.filter_map(|signals| signals.errors.zip(signals.traffic)).unzip();
                ValueEntry::Ratio { bad, all, window: *window, min_bad_events: 0.0 }
            }
            ValueSource::Quantile { quantile, of: histograms, window } => ValueEntry::Quantile {
                quantile: *quantile,
                histograms: vec![of(histograms)],
                window: *window,
            },
            _ => return None,
        })
    }

    fn selector(&self, series: &Series) -> Selector {
        Selector::of(series, self.former)
    }

    fn signals(&self, work: &Work) -> Vec<SignalsEntry> {
        let signals: Vec<GoldenSignals> = work.signals(self.registry);
        signals.iter().map(|signals| SignalsEntry::of(signals, self.former)).collect()
    }
}
