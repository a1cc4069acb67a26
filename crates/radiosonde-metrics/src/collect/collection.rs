use crate::collect::sample::CollectedSample;
use crate::model::kind::Kind;
use crate::model::label_set::LabelSet;
use crate::model::sample_names::Named;
use crate::model::samples::{HistogramSample, Number, NumberSample, SummarySample};
use crate::model::visitor::{FamilyInfo, Visitor};

/// What collectors give at one scrape.
#[derive(Debug, Default)]
pub struct Collection {
    pub(crate) families: Vec<CollectedFamily>,
}

impl Collection {
    /// Begins a family. A counter's name ends in `_total`, or it is exposed as of unknown kind in OpenMetrics.
    pub fn family(&mut self, name: &str, help: &str, kind: Kind) -> &mut CollectedFamily {
        self.families.push(CollectedFamily {
            name: name.into(),
            help: help.into(),
            kind,
            unit: None,
            series: Vec::new(),
            absorbed: false,
        });
        let last = self.families.len() - 1;
        &mut self.families[last]
    }

    /// A family with one series without labels.
    pub fn number<'a>(&mut self, name: &str, help: &str, kind: Kind, sample: impl Into<NumberSample<'a>>) {
        self.family(name, help, kind).number(LabelSet::default(), sample);
    }

    /// Adds to `radiosonde_metrics_series_dropped_total{family}`: how many look-ups shared the overflow series of this family.
    pub fn series_dropped(&mut self, family: &str, lookups: u64) {
        let labels = LabelSet::new([("family", family)]);
        self.self_metric("radiosonde_metrics_series_dropped_total", labels, lookups);
    }

    /// Adds to a counter that the registry has about itself, with a help text.
    pub(crate) fn self_metric(&mut self, name: &str, labels: LabelSet, times: u64) {
        if times > 0 {
            let family = self.family(name, "Counted by radiosonde.", Kind::Counter);
            family.absorbed = true;
            family.number(labels, Number::Unsigned(times));
        }
    }

    /// The families, in the order in which they were added.
    #[must_use]
    pub fn into_families(self) -> Vec<CollectedFamily> {
        self.families
    }
}

/// A family as a collector gave it.
#[derive(Debug)]
pub struct CollectedFamily {
    pub(crate) name: Box<str>,
    pub(crate) help: Box<str>,
    pub(crate) kind: Kind,
    /// Shown only if the name ends in it.
    pub(crate) unit: Option<Box<str>>,
    pub(crate) series: Vec<(LabelSet, CollectedSample)>,
    /// From another registry, whose process metrics give way to ours.
    pub(crate) absorbed: bool,
}

impl CollectedFamily {
    /// States the unit, such as `seconds`. It is shown if the name ends in it, before a counter's `_total`.
    pub fn unit(&mut self, unit: &str) -> &mut Self {
        self.unit = Some(unit.into());
        self
    }

    /// Marks the family as one of another registry: families about the process, and about a registry, give way to ours.
    pub const fn absorbed(&mut self) -> &mut Self {
        self.absorbed = true;
        self
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The help text.
    #[must_use]
    pub fn help(&self) -> &str {
        &self.help
    }

    /// The kind.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// Number of series.
    #[must_use]
    pub const fn series(&self) -> usize {
        self.series.len()
    }

    /// Shows the family and its series.
    pub fn visit(&self, out: &mut dyn Visitor) {
        self.show(false, out);
    }

    pub(crate) fn show(&self, unknown_in_open_metrics: bool, out: &mut dyn Visitor) {
        out.family(&FamilyInfo { unknown_in_open_metrics, ..self.info() });
        self.series.iter().for_each(|(labels, sample)| sample.visit(labels, out));
    }

    fn info(&self) -> FamilyInfo<'_> {
        let base = self.name.strip_suffix(self.kind.suffix()).unwrap_or(&self.name);
        let ends_in = |unit: &&str| base.strip_suffix(*unit).is_some_and(|rest| rest.ends_with('_'));
        let unit = self.unit.as_deref().filter(|unit| !unit.is_empty()).filter(ends_in);
        FamilyInfo {
            name: &self.name,
            help: &self.help,
            kind: self.kind,
            unit,
            unknown_in_open_metrics: false,
        }
    }

    /// Adds a series of a counter, a gauge, an info or a metric of unknown kind, or one state of a state set.
    pub fn number<'a>(&mut self, labels: LabelSet, sample: impl Into<NumberSample<'a>>) {
        let NumberSample { value, exemplar, created } = sample.into();
        self.series.push((labels, CollectedSample::Number { value, exemplar: exemplar.cloned(), created }));
    }

    /// Adds a series of a histogram.
    pub fn histogram(&mut self, labels: LabelSet, sample: &HistogramSample<'_>) {
        let HistogramSample { bounds, counts, sum, exemplars, native, created } = *sample;
        let sample = CollectedSample::Histogram {
            bounds: bounds.into(),
            counts: counts.into(),
            sum,
            exemplars: exemplars.into(),
            native: native.map(Into::into),
            created,
        };
        self.series.push((labels, sample));
    }

    /// Adds a series of a summary.
    pub fn summary(&mut self, labels: LabelSet, sample: &SummarySample<'_>) {
        let SummarySample { quantiles, sum, count, created } = *sample;
        let quantiles = quantiles.into();
        self.series.push((labels, CollectedSample::Summary { quantiles, sum, count, created }));
    }
}

impl CollectedFamily {
    /// The family without its series.
    pub(crate) fn shell(&self) -> Self {
        let Self { name, help, kind, unit, absorbed, .. } = self;
        let (name, help, unit) = (name.clone(), help.clone(), unit.clone());
        Self { name, help, kind: *kind, unit, series: Vec::new(), absorbed: *absorbed }
    }

    pub(crate) fn named(&self) -> Named<'_> {
        Named { name: &self.name, kind: self.kind }
    }
}

/// Families of the `prometheus` crate's process collector that [`Registry::expose_process`](crate::Registry::expose_process) exposes too.
pub const PROCESS_FAMILIES: [&str; 7] = [
    "process_cpu_seconds_total",
    "process_max_fds",
    "process_open_fds",
    "process_resident_memory_bytes",
    "process_start_time_seconds",
    "process_threads",
    "process_virtual_memory_bytes",
];
