use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::error::Error;
use std::fmt;

use radiosonde_metrics::Registry;
use radiosonde_signals::{GoldenSignals, Objectives};
use serde::{Deserialize, Serialize};

use crate::catalogue::alert_entry::AlertEntry;
use crate::catalogue::collected::collected;
use crate::catalogue::metric_entry::{MetricEntry, add};
use crate::catalogue::objective_entry::ObjectiveEntry;
use crate::catalogue::selector::FormerNames;
use crate::catalogue::signals_entry::SignalsEntry;
use crate::markdown::cell;

/// Everything that a program declares: its metrics, the golden signals of its work, its objectives and its alerts.
///
/// # Shape
/// Plain data: of a registry by [`of`](Self::of), whether or not anything was recorded, or of a file by [`from_json`](Self::from_json).
/// Rules, dashboards and documents are generated from it, and hand-written PromQL is checked against it.
///
/// Its `Display` is a Markdown table of the metrics.
///
/// ```
/// use radiosonde_metrics::Registry;
/// use radiosonde_ops::Catalogue;
///
/// let registry = Registry::new();
/// registry.counter("payments_total", "Payments taken.").labels(&["method"])?;
/// let catalogue = Catalogue::of(&registry);
/// assert!(catalogue.to_string().contains("| `payments_total` | counter | `method` | | | Payments taken. |\n"));
/// assert_eq!(catalogue.metric("payments_total").unwrap().labels, ["method"]);
/// assert_eq!(Catalogue::from_json(&catalogue.to_json())?, catalogue);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Catalogue {
    /// The metrics, sorted by name: those that are declared, and those of collectors as they are exposed now.
    pub metrics: Vec<MetricEntry>,
    /// The golden signals, by kind and name.
    #[serde(default)]
    pub signals: Vec<SignalsEntry>,
    /// The objectives, in the order of their declaration.
    #[serde(default)]
    pub objectives: Vec<ObjectiveEntry>,
    /// The alerts, in the order of their declaration.
    #[serde(default)]
    pub alerts: Vec<AlertEntry>,
}

impl Catalogue {
    /// Lists what is declared in `registry`. Collectors are called once, for the metrics that only they know.
    #[must_use]
    pub fn of(registry: &Registry) -> Self {
        let mut metrics = collected(registry);
        metrics.extend(
            registry.descriptors().iter().map(|metric| (metric.name().to_owned(), MetricEntry::of(metric))),
        );
        let mut catalogue = Self { metrics: metrics.into_values().collect(), ..Self::default() };
        let former = catalogue.former_names();
        let signals = GoldenSignals::of(registry);
        catalogue.signals = signals.iter().map(|signals| SignalsEntry::of(signals, &former)).collect();
        let slos = Objectives::of(registry).slos();
        let objectives =
            slos.iter().map(|slo| ObjectiveEntry::of(slo, |work| work.signals(registry), &former));
        catalogue.objectives = objectives.collect();
        for objective in &mut catalogue.objectives {
            objective.indicator.take_bound(&catalogue.metrics);
        }
        catalogue
    }

    /// The former names of the metrics that have any.
    pub(crate) fn former_names(&self) -> FormerNames {
        let renamed = self.metrics.iter().filter(|metric| !metric.former_names.is_empty());
        renamed.map(|metric| (metric.name.clone(), metric.former_names.clone())).collect()
    }

    /// Adds what another program declares, to check rules and dashboards that read several. Rules are generated for each program by itself.
    ///
    /// Of a metric that both have, the labels, the buckets and the possible values add up; where one of them knows no values of a label, any is
    /// possible.
    pub fn merge(&mut self, other: Self) {
        let mut metrics: BTreeMap<String, MetricEntry> =
            self.metrics.drain(..).map(|metric| (metric.name.clone(), metric)).collect();
        for metric in other.metrics {
            match metrics.entry(metric.name.clone()) {
                Entry::Occupied(mut own) => own.get_mut().merge(metric),
                Entry::Vacant(place) => {
                    place.insert(metric);
                }
            }
        }
        self.metrics = metrics.into_values().collect();
        add(&mut self.signals, other.signals);
        add(&mut self.objectives, other.objectives);
        add(&mut self.alerts, other.alerts);
    }

    /// Reads what [`to_json`](Self::to_json) wrote.
    ///
    /// # Errors
    /// [`InvalidCatalogue`] names the line and what is expected there.
    pub fn from_json(json: &str) -> Result<Self, InvalidCatalogue> {
        serde_json::from_str(json).map_err(InvalidCatalogue)
    }

    /// JSON that a file can hold: the same bytes for the same catalogue.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Only maps with other keys than texts, and writers, fail. Numbers that are not finite become `null`.
        let mut json = serde_json::to_string_pretty(self).unwrap_or_default();
        json.push('\n');
        json
    }

    /// The metric with this name.
    #[must_use]
    pub fn metric(&self, name: &str) -> Option<&MetricEntry> {
        self.metrics.iter().find(|metric| metric.name == name)
    }

    /// The objective with this name.
    #[must_use]
    pub fn objective(&self, name: &str) -> Option<&ObjectiveEntry> {
        self.objectives.iter().find(|objective| objective.name == name)
    }
}

/// A text that is not the JSON of a catalogue.
#[derive(Debug)]
pub struct InvalidCatalogue(serde_json::Error);

impl fmt::Display for InvalidCatalogue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "invalid catalogue: {}; expected the JSON of `Catalogue::to_json`", self.0)
    }
}

impl Error for InvalidCatalogue {}

/// Names in code, separated by commas.
fn in_code<'a>(names: impl IntoIterator<Item = &'a String>) -> String {
    let names: Vec<_> = names.into_iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

impl fmt::Display for Catalogue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("| Metric | Kind | Labels | Label values | Unit | Help |\n|---|---|---|---|---|---|\n")?;
        for metric in &self.metrics {
            let known = metric.labels.iter().filter_map(|label| metric.label_values.get_key_value(label));
            let values: Vec<_> =
                known.map(|(label, values)| format!("`{label}`: {}", in_code(values))).collect();
            let (labels, values) = (cell(&in_code(&metric.labels)), cell(&values.join("; ")));
            let (unit, help) = (cell(metric.unit.as_deref().unwrap_or("")), cell(&metric.help));
            let (name, kind) = (&metric.name, metric.kind.as_str());
            writeln!(f, "| `{name}` | {kind} |{labels}|{values}|{unit}|{help}|")?;
        }
        Ok(())
    }
}
