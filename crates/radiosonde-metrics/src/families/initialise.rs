use std::fmt;
use std::marker::PhantomData;

use crate::families::family::Family;
use crate::families::labels::Labels;
use crate::instruments::instrument::Instrument;
use crate::instruments::shared::Shared;
use crate::storage::values::Values;

impl<M: Instrument, L: Labels> Family<M, L> {
    /// Makes the series of every set, at zero, so that each is shown from the first scrape on and its first event is an increase.
    ///
    /// For labels that are all enums, truth values, status classes or such values in an `Option`. What was counted before stays.
    ///
    /// # Cost
    /// Memory for every set, whether or not it ever happens. The first look-up of a set is then as cheap as any other.
    ///
    /// # Errors
    /// [`InitialiseError`] if the sets cannot be listed, or are more than
    /// [`max_series`](crate::MetricBuilder::max_series). No set is made then. If the family has other sets already, so that it becomes full on the
    /// way, those that had a place keep it.
    ///
    /// # Source
    /// "Avoid missing metrics": <https://prometheus.io/docs/practices/instrumentation/#avoid-missing-metrics>
    ///
    /// ```
    /// use radiosonde_metrics::{LabelValue, Labels, Registry};
    ///
    /// #[derive(LabelValue)]
    /// enum Method {
    ///     Card,
    ///     Cash,
    /// }
    ///
    /// #[derive(Labels)]
    /// struct Payment {
    ///     method: Method,
    ///     refunded: bool,
    /// }
    ///
    /// let registry = Registry::new();
    /// let payments = registry.counter("payments_total", "Payments.").family::<Payment>()?;
    /// payments.initialise()?;
    /// assert!(registry.text().contains("payments_total{method=\"card\",refunded=\"true\"} 0\n"));
    /// payments.with(&Payment { method: Method::Cash, refunded: false }).inc();
    /// assert_eq!(registry.snapshot().family("payments_total").unwrap().series().len(), 4);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn initialise(&self) -> Result<(), InitialiseError> {
        let publish = |index| {
            let series = self.data.publish(&Nth::<L>(index, PhantomData));
            if let (Some(series), Some(numbered)) = (&series, &self.numbered) {
                numbered.keep(index, series.to_arc());
            }
            series.is_some()
        };
        each_set::<L>(&self.data.shared, publish)
    }
}

/// Has every set of `L` published, by its number.
pub(crate) fn each_set<L: Labels>(
    shared: &Shared,
    mut publish: impl FnMut(usize) -> bool,
) -> Result<(), InitialiseError> {
    let refuse = |kind| InitialiseError { family: shared.name.clone(), kind };
    let sets = L::CARDINALITY.filter(|sets| (0..*sets).all(|index| L::visit_nth(index, |_| {})));
    let sets = sets.ok_or_else(|| refuse(InitialiseErrorKind::Unlisted))?;
    let limit = || refuse(InitialiseErrorKind::Limit { sets, max_series: shared.max_series });
    if sets > shared.max_series {
        return Err(limit());
    }
    if (0..sets).all(&mut publish) { Ok(()) } else { Err(limit()) }
}

/// The set with a number.
pub(crate) struct Nth<L>(pub(crate) usize, pub(crate) PhantomData<fn() -> L>);

impl<L: Labels> Values for Nth<L> {
    fn each(&self, see: impl FnMut(&str)) {
        // Every number was tried.
        let _ = L::visit_nth(self.0, see);
    }
}

/// Not every set of a family can be published beforehand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InitialiseError {
    family: Box<str>,
    kind: InitialiseErrorKind,
}

/// Why not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum InitialiseErrorKind {
    /// A label is not an enum or the like, there are more than 4096 sets, or [`Labels`] is written by hand without
    /// [`visit_nth`](Labels::visit_nth).
    Unlisted,
    /// There are more sets than the family may have series.
    Limit {
        /// How many sets there are.
        sets: usize,
        /// How many series the family may have.
        max_series: usize,
    },
}

impl InitialiseError {
    /// The family's name.
    #[must_use]
    pub fn family(&self) -> &str {
        &self.family
    }

    /// The reason.
    #[must_use]
    pub const fn kind(&self) -> InitialiseErrorKind {
        self.kind
    }
}

impl fmt::Display for InitialiseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let family = &self.family;
        match self.kind {
            InitialiseErrorKind::Unlisted => {
                write!(
                    f,
                    "the label sets of family {family:?} cannot be listed: every label has to be an enum, and at most 4096 sets"
                )
            }
            InitialiseErrorKind::Limit { sets, max_series } => {
                write!(
                    f,
                    "family {family:?} has {sets} label sets, more than its limit of {max_series} series leaves room for"
                )
            }
        }
    }
}

impl std::error::Error for InitialiseError {}
