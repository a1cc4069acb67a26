use std::marker::PhantomData;
use std::panic::Location;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use crate::declaring::error::{RegisterError, RegisterErrorKind};
use crate::declaring::name::{check_label, check_metric};
use crate::families::family::Texts;
use crate::families::family_data::FamilyData;
use crate::families::series::Lent;
use crate::instruments::buckets::Search;
use crate::instruments::instrument::{Refused, Shared};
use crate::{
    Buckets, Counter, Family, FloatCounter, Gauge, Histogram, Instrument, IntGauge, Kind, Labels, Registry,
    Vector,
};

/// How many series a family may have unless it says otherwise.
const MAX_SERIES: usize = 2000;

/// A metric being declared: what it is called, then how it is told apart.
///
/// Ends in [`build`](Self::build) for a metric without labels, [`family`](Self::family) for labels that are a type, or
/// [`labels`](Self::labels) for names known at run time. Each gives the metric that is there already if one was declared in
/// the same way, so that two parts of a program may share one.
#[must_use = "a declaration becomes a metric by `build`, `family` or `labels`"]
#[derive(Debug)]
pub struct Declare<'a, M> {
    registry: &'a Registry,
    name: &'a str,
    help: &'a str,
    unit: Option<&'a str>,
    buckets: Buckets,
    max_series: usize,
    striped: bool,
    site: &'static Location<'static>,
    instrument: PhantomData<fn() -> M>,
}

impl Registry {
    /// Declares a [`Counter`]; the name ends in `_total`.
    #[track_caller]
    pub const fn counter<'a>(&'a self, name: &'a str, help: &'a str) -> Declare<'a, Counter> {
        Declare::new(self, name, help, Location::caller())
    }

    /// Declares a [`FloatCounter`]; the name ends in `_total`.
    #[track_caller]
    pub const fn float_counter<'a>(&'a self, name: &'a str, help: &'a str) -> Declare<'a, FloatCounter> {
        Declare::new(self, name, help, Location::caller())
    }

    /// Declares a [`Gauge`].
    #[track_caller]
    pub const fn gauge<'a>(&'a self, name: &'a str, help: &'a str) -> Declare<'a, Gauge> {
        Declare::new(self, name, help, Location::caller())
    }

    /// Declares an [`IntGauge`].
    #[track_caller]
    pub const fn int_gauge<'a>(&'a self, name: &'a str, help: &'a str) -> Declare<'a, IntGauge> {
        Declare::new(self, name, help, Location::caller())
    }

    /// Declares a [`Histogram`]; the name ends in its base unit, such as `_seconds` or `_bytes`.
    #[track_caller]
    pub const fn histogram<'a>(&'a self, name: &'a str, help: &'a str) -> Declare<'a, Histogram> {
        Declare::new(self, name, help, Location::caller())
    }
}

impl<'a, M: Instrument> Declare<'a, M> {
    const fn new(
        registry: &'a Registry,
        name: &'a str,
        help: &'a str,
        site: &'static Location<'static>,
    ) -> Self {
        Self {
            registry,
            name,
            help,
            unit: None,
            buckets: Buckets::HTTP_SECONDS,
            max_series: MAX_SERIES,
            striped: false,
            site,
            instrument: PhantomData,
        }
    }

    /// States the unit, such as `seconds`; the name must end in it, before a counter's `_total`.
    pub const fn unit(mut self, unit: &'a str) -> Self {
        self.unit = Some(unit);
        self
    }

    /// Limits the number of label sets; see [`Family`].
    pub const fn max_series(mut self, max_series: usize) -> Self {
        self.max_series = max_series;
        self
    }

    /// The metric, without labels.
    ///
    /// # Errors
    /// [`RegisterError`] if the name, help or unit is refused, or the name is taken by another metric.
    pub fn build(self) -> Result<M, RegisterError> {
        Ok(Lent::<M>::new(self.register(&[])?.find(&Texts(&[]))).clone())
    }

    /// The metric, told apart by the labels of the type `L`.
    ///
    /// # Errors
    /// [`RegisterError`] if the name, help, unit or a label is refused, or the name is taken by another metric.
    pub fn family<L: Labels>(self) -> Result<Family<M, L>, RegisterError> {
        Ok(Family::new(self.register(&L::names())?))
    }

    /// The metric, told apart by labels with these names.
    ///
    /// # Errors
    /// [`RegisterError`] if the name, help, unit or a label is refused, or the name is taken by another metric.
    pub fn labels(self, names: &[&str]) -> Result<Vector<M>, RegisterError> {
        Ok(Vector::new(self.register(names)?))
    }

    fn register(self, labels: &[&str]) -> Result<Arc<FamilyData<M>>, RegisterError> {
        let site = self.site;
        let name = self.name;
        self.check(labels).map_err(|kind| RegisterError::new(name, site, kind))?;
        let shared = Shared {
            name: self.name.into(),
            help: self.help.into(),
            kind: M::KIND,
            unit: self.unit.map(Into::into),
            label_names: labels.iter().map(|&name| name.into()).collect(),
            search: Search::new(&self.buckets),
            buckets: self.buckets,
            striped: self.striped,
            max_series: self.max_series,
            site,
            refused: Refused::default(),
            series_dropped: AtomicU64::new(0),
        };
        self.registry.get_or_register(shared)
    }

    fn check(&self, labels: &[&str]) -> Result<(), RegisterErrorKind> {
        check_metric(self.name).map_err(RegisterErrorKind::Name)?;
        if self.help.trim().is_empty() {
            return Err(RegisterErrorKind::NoHelp);
        }
        let base = match (M::KIND, self.name.strip_suffix("_total")) {
            (Kind::Counter, Some(base)) if !base.is_empty() => base,
            (Kind::Counter, _) => return Err(RegisterErrorKind::NoTotal),
            (_, Some(_)) => return Err(RegisterErrorKind::Total),
            (_, None) => self.name,
        };
        if let Some(unit) = self.unit
            && !base.strip_suffix(unit).is_some_and(|rest| rest.ends_with('_'))
        {
            return Err(RegisterErrorKind::Unit { unit: unit.into() });
        }
        for (at, label) in labels.iter().enumerate() {
            check_label(label).map_err(RegisterErrorKind::Name)?;
            if labels[..at].contains(label) {
                return Err(RegisterErrorKind::DuplicateLabel { label: (*label).into() });
            }
        }
        Ok(())
    }
}

impl Declare<'_, Counter> {
    /// Gives each of a few threads a part of its own to count in, so that a counter which many threads count in all the time is no
    /// bottleneck: an addition is a load and a store.
    ///
    /// # Cost
    /// 128 bytes for each part of each series, and twice as many parts as there are processors. For few series with much traffic.
    pub const fn striped(mut self) -> Self {
        self.striped = true;
        self
    }
}

impl Declare<'_, Histogram> {
    /// Gives each of a few threads buckets and a sum of its own, so that a histogram which many threads observe in all the time is
    /// no bottleneck: an observation is two loads and two stores.
    ///
    /// # Cost
    /// 256 bytes or more for each part of each series, and twice as many parts as there are processors. For few series with much
    /// traffic.
    pub const fn striped(mut self) -> Self {
        self.striped = true;
        self
    }

    /// Sets the buckets; without this they are [`Buckets::HTTP_SECONDS`].
    pub fn buckets(mut self, buckets: Buckets) -> Self {
        self.buckets = buckets;
        self
    }
}
