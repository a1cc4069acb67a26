use std::panic::Location;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use radiosonde_core::SpanContext;

use crate::instruments::buckets::Buckets;
use crate::instruments::exemplar_slot::Exemplars;
use crate::instruments::native::policy::Limited;
use crate::instruments::native::settings::Native;
use crate::instruments::possible_values::PossibleValues;
use crate::instruments::refusal::{Refusal, Refused};
use crate::instruments::retention::{Retention, SeriesRemoved};
use crate::instruments::search::Search;
use crate::model::kind::Kind;
use crate::model::label_set::LabelSet;
use crate::reentrancy::outermost;

/// What all series of a family share. Public to the sealed trait only.
#[derive(Debug)]
pub struct Shared {
    pub(crate) name: Box<str>,
    pub(crate) help: Box<str>,
    pub(crate) kind: Kind,
    pub(crate) unit: Option<Box<str>>,
    pub(crate) label_names: Box<[Box<str>]>,
    pub(crate) label_values: PossibleValues,
    /// The names that the metric had before.
    pub(crate) former_names: Box<[Box<str>]>,
    /// Labels that every series has, the registry's among them.
    pub(crate) constant: Box<[(Box<str>, Box<str>)]>,
    pub(crate) buckets: Buckets,
    pub(crate) search: Search,
    /// Whether cells have a part for each thread.
    pub(crate) striped: bool,
    /// Whether counters leave exemplars; histograms always do.
    pub(crate) exemplars: bool,
    /// Exponential buckets of a histogram.
    pub(crate) native: Option<Native>,
    pub(crate) limited: Limited,
    /// Those that a summary shows, ascending.
    pub(crate) quantiles: Box<[f64]>,
    /// How far back a summary's quantiles look.
    pub(crate) window: Duration,
    pub(crate) max_series: usize,
    pub(crate) site: &'static Location<'static>,
    pub(crate) refused: Refused,
    pub(crate) series_dropped: AtomicU64,
    pub(crate) retention: Retention,
    pub(crate) series_removed: SeriesRemoved,
}

impl Shared {
    /// The labels of the series with these values, one for each name.
    pub(crate) fn label_set<'a>(&'a self, values: impl Iterator<Item = &'a str>) -> LabelSet {
        let constant = self.constant.iter().map(|(name, value)| (&**name, &**value));
        LabelSet::new(self.label_names.iter().map(AsRef::as_ref).zip(values).chain(constant))
    }

    /// Keeps an observation with these labels and those of the current span as an exemplar; returns whether it did. Labels that no exemplar
    /// may have are dropped and counted.
    #[cold]
    pub(crate) fn keep_exemplar(
        &self,
        exemplars: &Exemplars,
        place: usize,
        value: f64,
        labels: &[(&str, &str)],
    ) -> bool {
        let context = SpanContext::current();
        let keep = || exemplars.keep(place, value, context.as_ref(), labels).is_ok();
        let Some(kept) = outermost(keep) else { return false };
        if !kept {
            self.refused.count(Refusal::Exemplar);
        }
        kept
    }
}
