use std::error::Error as _;
use std::fmt;
use std::ops::Deref;
use std::sync::OnceLock;

use radiosonde_core::diagnostics;

use crate::declaring::metric_builder::MetricBuilder;
use crate::families::dyn_family::DynFamily;
use crate::families::family::Family;
use crate::families::labels::Labels;
use crate::families::register_error::RegisterError;
use crate::instruments::instrument::Instrument;
use crate::instruments::refusal::Refusal;

/// A metric in a `static`: declared when the program is compiled, registered when it is first used.
///
/// Made by [`MetricBuilder::lazy`], [`MetricBuilder::lazy_family`] and [`MetricBuilder::lazy_labels`], in the [global](crate::Registry::global) registry or that of
/// [`MetricBuilder::in_registry`]. Dereferences to what it holds: an instrument, a [`Family`] or a [`DynFamily`].
///
/// [`register`](Self::register) registers it before its first use, so that a metric without labels is exposed at zero from the start.
///
/// # Errors
/// Using it never fails: a declaration that is refused is reported and counted in
/// `radiosonde_metrics_refused_total{family="_registry",reason="declaration"}`, and what is recorded then is exposed nowhere.
/// `register` gives the error.
///
/// # Cost
/// One load more than a metric that is kept in a variable.
///
/// ```
/// use radiosonde_metrics::{Counter, MetricBuilder, Family, Histogram, Labels, Lazy, Registry};
///
/// #[derive(Labels)]
/// struct Order<'a> {
///     method: &'a str,
/// }
///
/// static ORDERS: Lazy<Family<Counter, Order<'static>>> =
///     MetricBuilder::counter("orders_total", "Orders.").lazy_family();
/// static WAIT: Lazy<Histogram> =
///     MetricBuilder::histogram("queue_wait_seconds", "Time in the queue.").unit("seconds").lazy();
///
/// WAIT.register()?;
/// let method = String::from("card");
/// ORDERS.with(&Order { method: &method }).inc();
///
/// let text = Registry::global().text();
/// assert!(text.contains("orders_total{method=\"card\"} 1\n"));
/// assert!(text.contains("queue_wait_seconds_count 0\n"));
/// # Ok::<(), radiosonde_metrics::RegisterError>(())
/// ```
pub struct Lazy<T: Declarable> {
    builder: MetricBuilder<'static, T::Instrument>,
    labels: &'static [&'static str],
    made: OnceLock<Made<T>>,
}

struct Made<T> {
    metric: T,
    refused: Option<RegisterError>,
}

/// What a [`Lazy`] may hold: an instrument, a [`Family`] or a [`DynFamily`].
///
/// Sealed: each is registered in its own way.
pub trait Declarable: sealed::Sealed {}

pub(crate) mod sealed {
    use crate::declaring::metric_builder::MetricBuilder;
    use crate::families::register_error::RegisterError;
    use crate::instruments::instrument::Instrument;

    pub trait Sealed: Sized {
        type Instrument: Instrument;

        fn make(
            builder: MetricBuilder<'static, Self::Instrument>,
            labels: &[&str],
        ) -> Result<Self, RegisterError>;

        /// Like it, but known to no registry, for a declaration that was refused.
        fn detached(builder: MetricBuilder<'static, Self::Instrument>, labels: &[&str]) -> Self;
    }
}

impl<T: Declarable> Lazy<T> {
    const fn new(builder: MetricBuilder<'static, T::Instrument>, labels: &'static [&'static str]) -> Self {
        Self { builder, labels, made: OnceLock::new() }
    }

    /// Registers it, if that did not happen before.
    ///
    /// # Errors
    /// [`RegisterError`] if the declaration is refused; every call gives it.
    pub fn register(&self) -> Result<&T, RegisterError> {
        let made = self.made();
        made.refused.clone().map_or(Ok(&made.metric), Err)
    }

    fn made(&self) -> &Made<T> {
        self.made.get().unwrap_or_else(|| self.make())
    }

    #[cold]
    fn make(&self) -> &Made<T> {
        let mut first = false;
        let made = self.made.get_or_init(|| {
            first = true;
            let (metric, refused) = match T::make(self.builder.clone(), self.labels) {
                Ok(metric) => (metric, None),
                Err(error) => (T::detached(self.builder.clone(), self.labels), Some(error)),
            };
            Made { metric, refused }
        });
        // Not while it is being made: the diagnostics hook may use it.
        if let Some(error) = made.refused.as_ref().filter(|_| first) {
            self.builder.registry().refused().count(Refusal::Declaration);
            let cause = error.source().map_or_else(String::new, |cause| format!(": {cause}"));
            diagnostics::report("metrics", "declaration", format_args!("{error}{cause}; it is not exposed"));
        }
        made
    }
}

impl<T: Declarable> Deref for Lazy<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.made().metric
    }
}

impl<T: Declarable> fmt::Debug for Lazy<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let registered = self.made.get().map(|made| made.refused.is_none());
        f.debug_struct("Lazy").field("name", &self.builder.name()).field("registered", &registered).finish()
    }
}

impl<M: Instrument> MetricBuilder<'static, M> {
    /// The metric without labels, registered when it is first used.
    #[must_use]
    pub const fn lazy(self) -> Lazy<M> {
        Lazy::new(self, &[])
    }

    /// The metric with the labels of the type `L`, registered when it is first used.
    #[must_use]
    pub const fn lazy_family<L: Labels>(self) -> Lazy<Family<M, L>> {
        Lazy::new(self, &[])
    }

    /// The metric with labels of these names, registered when it is first used.
    #[must_use]
    pub const fn lazy_labels(self, names: &'static [&'static str]) -> Lazy<DynFamily<M>> {
        Lazy::new(self, names)
    }
}

impl<M: Instrument> Declarable for M {}

impl<M: Instrument> sealed::Sealed for M {
    type Instrument = M;

    fn make(builder: MetricBuilder<'static, M>, _: &[&str]) -> Result<M, RegisterError> {
        builder.build()
    }

    fn detached(builder: MetricBuilder<'static, M>, _: &[&str]) -> M {
        DynFamily::new(builder.detached(&[])).handle(&[])
    }
}

impl<M: Instrument, L: Labels> Declarable for Family<M, L> {}

impl<M: Instrument, L: Labels> sealed::Sealed for Family<M, L> {
    type Instrument = M;

    fn make(builder: MetricBuilder<'static, M>, _: &[&str]) -> Result<Self, RegisterError> {
        builder.family()
    }

    fn detached(builder: MetricBuilder<'static, M>, _: &[&str]) -> Self {
        Self::new(builder.detached(&L::names()))
    }
}

impl<M: Instrument> Declarable for DynFamily<M> {}

impl<M: Instrument> sealed::Sealed for DynFamily<M> {
    type Instrument = M;

    fn make(builder: MetricBuilder<'static, M>, labels: &[&str]) -> Result<Self, RegisterError> {
        builder.labels(labels)
    }

    fn detached(builder: MetricBuilder<'static, M>, labels: &[&str]) -> Self {
        Self::new(builder.detached(labels))
    }
}
