use std::collections::BTreeMap;

use proptest::prelude::*;
use radiosonde_metrics::model::OVERFLOW;
use radiosonde_metrics::{
    Counter, DynFamily, FloatCounter, Gauge, Histogram, IntGauge, RegisterError, Registry,
};

use super::instrument::{Recorded, Refused, Told};
use super::words::{bounds, family_name, label_names, text};
use crate::{FamilyKind, LabelPairs};

/// The plan for one family.
#[derive(Debug, Clone)]
pub struct FamilyPlan {
    name: String,
    help: String,
    has_unit: bool,
    labels: Vec<String>,
    max_series: usize,
    told: ToldPlan,
}

/// Label values with the actions on their series, in order.
type Steps<M> = Vec<(Vec<String>, <M as Told>::Action)>;

#[derive(Debug, Clone)]
enum ToldPlan {
    Counter(Steps<Counter>),
    FloatCounter(Steps<FloatCounter>),
    Gauge(Steps<Gauge>),
    IntGauge(Steps<IntGauge>),
    Histogram(Vec<f64>, Steps<Histogram>),
}

/// The record of one family.
#[derive(Debug, Clone)]
pub struct RecordedFamily {
    /// The declared name; a counter's includes `_total`.
    pub name: String,
    /// The help text.
    pub help: String,
    /// The unit.
    pub unit: Option<String>,
    /// The kind of the family.
    pub kind: FamilyKind,
    /// The bounds of a histogram.
    pub bounds: Vec<f64>,
    /// Sorted labels, and the expected state of the series.
    pub series: BTreeMap<LabelPairs, Recorded>,
    /// The number of refused samples, by reason.
    pub refused: BTreeMap<&'static str, u64>,
    /// The number of look-ups that got the overflow series.
    pub overflowed: u64,
}

/// Families for one registry. Some collide with others and are refused.
pub fn families() -> impl Strategy<Value = Vec<FamilyPlan>> {
    prop::collection::vec(family(), 1..6)
}

fn family() -> impl Strategy<Value = FamilyPlan> {
    (family_name(), text(), any::<bool>(), label_names(), prop_oneof![3 => Just(2000), 1 => 0..3_usize])
        .prop_flat_map(|(name, help, has_unit, labels, max_series)| {
            told(labels.len()).prop_map(move |told| FamilyPlan {
                name: name.clone(),
                help: help.clone(),
                has_unit,
                labels: labels.clone(),
                max_series,
                told,
            })
        })
}

fn told(labels: usize) -> impl Strategy<Value = ToldPlan> {
    prop_oneof![
        steps::<Counter>(labels).prop_map(ToldPlan::Counter),
        steps::<FloatCounter>(labels).prop_map(ToldPlan::FloatCounter),
        steps::<Gauge>(labels).prop_map(ToldPlan::Gauge),
        steps::<IntGauge>(labels).prop_map(ToldPlan::IntGauge),
        (bounds(), steps::<Histogram>(labels)).prop_map(|(bounds, steps)| ToldPlan::Histogram(bounds, steps)),
    ]
}

/// Several steps for each of a few label sets, in any order.
fn steps<M: Told>(labels: usize) -> impl Strategy<Value = Steps<M>> {
    let values = prop::collection::vec(text(), labels..=labels);
    prop::collection::vec((values, prop::collection::vec(M::action(), 0..5)), 0..5)
        .prop_map(|series| {
            let steps = series.into_iter();
            steps
                .flat_map(|(values, actions)| actions.into_iter().map(move |action| (values.clone(), action)))
                .collect()
        })
        .prop_shuffle()
}

impl FamilyPlan {
    /// The name, for a counter without its `_total`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Declares the family and executes the plan; `None` if the registry refuses it.
    #[must_use]
    pub fn record(&self, registry: &Registry) -> Option<RecordedFamily> {
        match &self.told {
            ToldPlan::Counter(steps) => self.tell::<Counter>(registry, &[], steps),
            ToldPlan::FloatCounter(steps) => self.tell::<FloatCounter>(registry, &[], steps),
            ToldPlan::Gauge(steps) => self.tell::<Gauge>(registry, &[], steps),
            ToldPlan::IntGauge(steps) => self.tell::<IntGauge>(registry, &[], steps),
            ToldPlan::Histogram(bounds, steps) => self.tell::<Histogram>(registry, bounds, steps),
        }
    }

    fn tell<M: Told>(&self, registry: &Registry, bounds: &[f64], steps: &Steps<M>) -> Option<RecordedFamily> {
        // As in an application: the help is not empty, and a counter's name has its suffix.
        let help = if self.help.trim().is_empty() { "Help." } else { &self.help };
        let suffix = if M::FAMILY == FamilyKind::Counter { "_total" } else { "" };
        let name = format!("{}{suffix}", self.name);
        let unit =
            self.name.rsplit_once('_').map(|(_, unit)| unit).filter(|unit| self.has_unit && !unit.is_empty());
        let vector = self.declare::<M>(registry, (&name, help, unit), bounds).ok()?;
        let mut family = RecordedFamily {
            name,
            help: help.to_owned(),
            unit: unit.map(str::to_owned),
            kind: M::FAMILY,
            bounds: bounds.to_vec(),
            series: BTreeMap::new(),
            refused: BTreeMap::new(),
            overflowed: 0,
        };
        if self.labels.is_empty() {
            // Exposed from the start.
            family.series.insert(LabelPairs::new(), M::untouched());
        }
        for (values, action) in steps {
            let texts: Vec<&str> = values.iter().map(|value| &**value).collect();
            let instrument = vector.with(&texts);
            let recorded = self.series::<M>(&mut family, &texts);
            let mut refused = Refused::new();
            instrument.tell(action, recorded, &mut refused);
            for reason in refused {
                *family.refused.entry(reason).or_default() += 1;
            }
        }
        Some(family)
    }

    fn declare<M: Told>(
        &self,
        registry: &Registry,
        (name, help, unit): (&str, &str, Option<&str>),
        bounds: &[f64],
    ) -> Result<DynFamily<M>, RegisterError> {
        let mut declare = M::declare(registry, name, help, bounds).max_series(self.max_series());
        if let Some(unit) = unit {
            declare = declare.unit(unit);
        }
        let labels: Vec<&str> = self.labels.iter().map(|label| &**label).collect();
        declare.labels(&labels)
    }

    const fn max_series(&self) -> usize {
        // Only families with labels have a limit.
        if self.labels.is_empty() { 1 } else { self.max_series }
    }

    /// The series of these values, which may be shared.
    fn series<'a, M: Told>(&self, family: &'a mut RecordedFamily, values: &[&str]) -> &'a mut Recorded {
        let labels = |values: &mut dyn Iterator<Item = &str>| {
            let pairs = self.labels.iter().zip(values).map(|(name, value)| (name.clone(), value.to_owned()));
            let mut pairs: LabelPairs = pairs.collect();
            pairs.sort();
            pairs
        };
        let mut own = labels(&mut values.iter().copied());
        if !family.series.contains_key(&own) && family.series.len() >= self.max_series() {
            family.overflowed += 1;
            own = labels(&mut std::iter::repeat(OVERFLOW));
        }
        family.series.entry(own).or_insert_with(M::untouched)
    }
}
