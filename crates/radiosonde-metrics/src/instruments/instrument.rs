use std::panic::Location;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use radiosonde_core::SpanContext;

use crate::families::removable::life::{Life, SeriesRemoved};
use crate::instruments::exemplar_slot::Exemplars;
use crate::instruments::native::policy::Limited;
use crate::instruments::search::Search;
use crate::nested::outermost;
use crate::{Buckets, Kind, LabelSet, Native, Visitor};

/// Something that a family holds one of for each set of labels: [`Counter`](crate::Counter), [`Gauge`](crate::Gauge) and so on.
///
/// Sealed: the exposition has to know every kind.
pub trait Instrument: sealed::Sealed + Clone + Send + Sync + 'static {
    /// The kind of metric.
    const KIND: Kind;
}

pub(crate) mod sealed {
    use std::sync::Arc;

    use super::{Shared, Visitor};
    use crate::families::series::Series;

    pub trait Sealed: Sized {
        /// Its name in messages.
        const NAME: &'static str;

        /// What it counts in.
        type Cell: Send + Sync + 'static;

        fn cell(shared: &Arc<Shared>) -> Self::Cell;

        /// The handle of a series.
        fn wrap(series: Arc<Series<Self::Cell>>) -> Self;

        fn visit(series: &Series<Self::Cell>, out: &mut dyn Visitor);
    }
}

/// What all series of a family have in common. Public to the sealed trait only.
#[derive(Debug)]
pub struct Shared {
    pub(crate) name: Box<str>,
    pub(crate) help: Box<str>,
    pub(crate) kind: Kind,
    pub(crate) unit: Option<Box<str>>,
    pub(crate) label_names: Box<[Box<str>]>,
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
    pub(crate) life: Life,
    pub(crate) series_removed: SeriesRemoved,
}

impl Shared {
    /// The labels of the series with these values, one for each name.
    pub(crate) fn label_set<'a>(&'a self, values: impl Iterator<Item = &'a str>) -> LabelSet {
        let constant = self.constant.iter().map(|(name, value)| (&**name, &**value));
        LabelSet::new(self.label_names.iter().map(AsRef::as_ref).zip(values).chain(constant))
    }

    /// Keeps an observation with these labels and those of the current span; what no exemplar may have is dropped and counted. Tells
    /// whether it is one.
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

/// Why a sample, its exemplar or a look-up was refused on the hot path.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Refusal {
    NotANumber,
    Negative,
    Infinite,
    LabelCount,
    LabelLength,
    LabelNames,
    Exemplar,
    Value,
    Kind,
    Limit,
    Declaration,
    /// The program's allocator recorded while the metric allocated.
    Nested,
}

impl Refusal {
    pub(crate) const ALL: [(Self, &'static str); 12] = [
        (Self::Declaration, "declaration"),
        (Self::Exemplar, "exemplar"),
        (Self::Infinite, "infinite"),
        (Self::Kind, "kind"),
        (Self::LabelCount, "label_count"),
        (Self::LabelLength, "label_length"),
        (Self::LabelNames, "label_names"),
        (Self::Limit, "limit"),
        (Self::NotANumber, "nan"),
        (Self::Negative, "negative"),
        (Self::Nested, "nested"),
        (Self::Value, "value"),
    ];
}

/// How often each refusal happened in a family.
#[derive(Debug, Default)]
pub(crate) struct Refused([AtomicU64; Refusal::ALL.len()]);

impl Refused {
    #[cold]
    pub(crate) fn count(&self, why: Refusal) {
        // Relaxed: a total, ordered against nothing.
        self.0[why as usize].fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn get(&self, why: Refusal) -> u64 {
        // Relaxed: a total, ordered against nothing.
        self.0[why as usize].load(Ordering::Relaxed)
    }
}
