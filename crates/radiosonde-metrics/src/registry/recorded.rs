use std::sync::{Arc, Mutex};

use crate::families::any_family::AnyFamily;
use crate::families::family_data::FamilyData;
use crate::families::metric_ref::MetricRef;
use crate::instruments::counter::Counter;
use crate::instruments::float_counter::FloatCounter;
use crate::instruments::gauge::{Gauge, IntGauge};
use crate::instruments::histogram::Histogram;
use crate::instruments::instrument::Instrument;
use crate::instruments::shared::Shared;
use crate::registry::record_error::RecordErrorKind;
use crate::storage::table::Table;
use crate::storage::values::Values;

/// How many families [`Registry::record`] makes by default.
pub(crate) const MAX_RECORDED: usize = 1000;

/// The metrics that were recorded by name.
pub(crate) struct Recorded {
    pub(crate) table: Table<Recorder>,
    /// How many of them were made by recording.
    pub(crate) made: Mutex<usize>,
    pub(crate) limit: usize,
    /// Whether a name that conventions forbid is accepted.
    pub(crate) unconventional: bool,
}

impl Recorded {
    pub(crate) fn new(limit: usize, unconventional: bool) -> Self {
        Self { table: Table::new(), made: Mutex::new(0), limit, unconventional }
    }
}

impl Default for Recorded {
    fn default() -> Self {
        Self::new(MAX_RECORDED, false)
    }
}

/// A family that values are recorded in.
pub(crate) enum Recorder {
    Counter(Arc<FamilyData<Counter>>),
    FloatCounter(Arc<FamilyData<FloatCounter>>),
    Gauge(Arc<FamilyData<Gauge>>),
    IntGauge(Arc<FamilyData<IntGauge>>),
    Histogram(Arc<FamilyData<Histogram>>),
}

impl Recorder {
    pub(crate) fn check(kind: &str, value: f64) -> Result<(), RecordErrorKind> {
        let refuse = |expected| Err(RecordErrorKind::Value { value, expected });
        match kind {
            "counter" if !(value.is_finite() && value >= 0.0) => refuse("finite numbers from 0"),
            "histogram" if !value.is_finite() => refuse("finite numbers"),
            _ => Ok(()),
        }
    }

    /// `None` for an instrument that takes no plain number.
    pub(crate) fn of(family: Arc<dyn AnyFamily>) -> Option<Self> {
        fn is<M: Instrument>(family: &Arc<dyn AnyFamily>) -> Option<Arc<FamilyData<M>>> {
            Arc::clone(family).into_any().downcast().ok()
        }
        is(&family)
            .map(Self::Counter)
            .or_else(|| is(&family).map(Self::FloatCounter))
            .or_else(|| is(&family).map(Self::Gauge))
            .or_else(|| is(&family).map(Self::IntGauge))
            .or_else(|| is(&family).map(Self::Histogram))
    }

    pub(crate) fn shared(&self) -> &Shared {
        match self {
            Self::Counter(data) => &data.shared,
            Self::FloatCounter(data) => &data.shared,
            Self::Gauge(data) => &data.shared,
            Self::IntGauge(data) => &data.shared,
            Self::Histogram(data) => &data.shared,
        }
    }

    pub(crate) fn record(
        &self,
        kind: &str,
        value: f64,
        labels: &[(&str, &str)],
    ) -> Result<(), RecordErrorKind> {
        let shared = self.shared();
        if kind != shared.kind.as_str() {
            return Err(if matches!(kind, "counter" | "gauge" | "histogram") {
                RecordErrorKind::OtherKind { registered: shared.kind }
            } else {
                RecordErrorKind::UnknownKind { kind: kind.into() }
            });
        }
        let names = &shared.label_names;
        let pairs = Pairs { names, labels };
        if labels.len() != names.len() || !names.iter().all(|name| pairs.value(name).is_some()) {
            let given = labels.iter().map(|(name, _)| (*name).into()).collect();
            return Err(RecordErrorKind::Labels { registered: names.clone(), given });
        }
        let refuse = |expected| Err(RecordErrorKind::Value { value, expected });
        match self {
            Self::Counter(data) => match whole(value).and_then(|whole| u64::try_from(whole).ok()) {
                Some(events) => metric_ref(data, &pairs).inc_by(events),
                None => return refuse("whole numbers from 0 to 2^53"),
            },
            Self::FloatCounter(data) if value.is_finite() && value >= 0.0 => {
                metric_ref(data, &pairs).inc_by(value)
            }
            Self::FloatCounter(_) => return refuse("finite numbers from 0"),
            Self::Gauge(data) => metric_ref(data, &pairs).set(value),
            Self::IntGauge(data) => match whole(value) {
                Some(things) => metric_ref(data, &pairs).set(things),
                None => return refuse("whole numbers from -2^53 to 2^53"),
            },
            Self::Histogram(data) if value.is_finite() => metric_ref(data, &pairs).observe(value),
            Self::Histogram(_) => return refuse("finite numbers"),
        }
        Ok(())
    }
}

#[inline]
fn metric_ref<'a, M: Instrument>(data: &'a FamilyData<M>, values: &Pairs<'_>) -> MetricRef<'a, M> {
    MetricRef::new(data.find(values))
}

/// The value as an integer, if it is one that no rounding has made.
fn whole(value: f64) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    #[allow(clippy::cast_possible_truncation, reason = "whole, and at most 2^53 away from zero")]
    (value.fract() == 0.0 && value.abs() <= EXACT).then_some(value as i64)
}

/// Label values by name, in the order of the family's names.
struct Pairs<'a> {
    names: &'a [Box<str>],
    labels: &'a [(&'a str, &'a str)],
}

impl Pairs<'_> {
    #[inline]
    fn value(&self, name: &str) -> Option<&str> {
        self.labels.iter().find(|(given, _)| *given == name).map(|(_, value)| *value)
    }
}

impl Values for Pairs<'_> {
    #[inline]
    fn each(&self, mut see: impl FnMut(&str)) {
        self.names.iter().for_each(|name| see(self.value(name).unwrap_or_default()));
    }
}
