use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::panic::Location;
use std::sync::Arc;
use std::time::Duration;

use crate::declaring::registry_source::RegistrySource;
use crate::families::declaration::Declaration;
use crate::families::dyn_family::DynFamily;
use crate::families::family::Family;
use crate::families::family_data::FamilyData;
use crate::families::labels::Labels;
use crate::families::metric_ref::MetricRef;
use crate::families::register_error::RegisterError;
use crate::instruments::buckets::Buckets;
use crate::instruments::counter::Counter;
use crate::instruments::float_counter::FloatCounter;
use crate::instruments::gauge::{Gauge, IntGauge};
use crate::instruments::histogram::Histogram;
use crate::instruments::instrument::Instrument;
use crate::instruments::native::settings::Native;
use crate::instruments::summary::Summary;
use crate::model::name::report_unconventional;
use crate::registry::Registry;
use crate::storage::values::Texts;

/// Builds a metric: its name and help, then its options and labels.
///
/// Ends in [`build`](Self::build) for a metric without labels, [`family`](Self::family) for labels that are a type, or
/// [`labels`](Self::labels) for names known at run time. Each gives the metric that is there already if one was declared in
/// the same way, so that two parts of a program may share one.
#[must_use = "a declaration becomes a metric by `build`, `family` or `labels`"]
#[derive(Debug, Clone)]
pub struct MetricBuilder<'a, M> {
    pub(crate) registry: RegistrySource<'a>,
    pub(crate) declaration: Declaration<'a>,
    instrument: PhantomData<fn() -> M>,
}

/// The two ways to declare each instrument: in a registry, and for a static.
macro_rules! declares {
    ($($name:ident($instrument:ident): $rule:literal;)*) => {
        impl Registry {$(
            #[doc = concat!("Declares a new [`", stringify!($instrument), "`]", $rule, ".")]
            #[track_caller]
            pub const fn $name<'a>(&'a self, name: &'a str, help: &'a str) -> MetricBuilder<'a, $instrument> {
                MetricBuilder::new(RegistrySource::Given(self), name, help)
            }
        )*}

        $(impl MetricBuilder<'static, $instrument> {
            #[doc = concat!("Declares a static [`", stringify!($instrument), "`]", $rule, ".")]
            #[track_caller]
            pub const fn $name(name: &'static str, help: &'static str) -> Self {
                Self::new(RegistrySource::Deferred(Registry::global), name, help)
            }
        })*
    };
}

declares! {
    counter(Counter): "; the name ends in `_total`";
    float_counter(FloatCounter): "; the name ends in `_total`";
    gauge(Gauge): "";
    int_gauge(IntGauge): "";
    histogram(Histogram): "; the name ends in its base unit, such as `_seconds` or `_bytes`";
    summary(Summary): "; the name ends in its base unit, such as `_seconds` or `_bytes`";
}

impl<'a, M: Instrument> MetricBuilder<'a, M> {
    #[track_caller]
    const fn new(registry: RegistrySource<'a>, name: &'a str, help: &'a str) -> Self {
        let declaration = Declaration::new(name, help, Location::caller());
        Self { registry, declaration, instrument: PhantomData }
    }

    /// States the unit, such as `seconds`; the name must end in it, before a counter's `_total`.
    pub const fn unit(mut self, unit: &'a str) -> Self {
        self.declaration.unit = Some(unit);
        self
    }

    /// Limits the number of label sets; see [`Family`].
    pub const fn max_series(mut self, max_series: usize) -> Self {
        self.declaration.max_series = max_series;
        self
    }

    /// Labels that every series of the metric has, with these values; beside those of the registry.
    ///
    /// ```
    /// use radiosonde_metrics::Registry;
    ///
    /// let registry = Registry::new();
    /// let jobs = registry.counter("jobs_total", "Jobs.").constant_labels(&[("queue", "mail")]).build()?;
    /// jobs.inc();
    /// assert!(registry.text().contains("jobs_total{queue=\"mail\"} 1\n"));
    /// # Ok::<(), radiosonde_metrics::RegisterError>(())
    /// ```
    pub const fn constant_labels(mut self, labels: &'a [(&'a str, &'a str)]) -> Self {
        self.declaration.constant = labels;
        self
    }

    /// Lists the possible values of labels, for [catalogues](crate::Descriptor::label_values). Recording does not check them.
    ///
    /// For labels whose names are known at run time; a label of an enum type is listed by itself.
    ///
    /// ```
    /// use radiosonde_metrics::Registry;
    ///
    /// let registry = Registry::new();
    /// let jobs = registry.counter("jobs_total", "Jobs.").possible_values(&[("state", &["done", "failed"])]);
    /// jobs.labels(&["queue", "state"])?;
    /// let declared = registry.descriptors();
    /// assert_eq!(declared[0].label_values("state").collect::<Vec<_>>(), ["done", "failed"]);
    /// assert_eq!(declared[0].label_values("queue").count(), 0);
    /// # Ok::<(), radiosonde_metrics::RegisterError>(())
    /// ```
    pub const fn possible_values(mut self, values: &'a [(&'a str, &'a [&'a str])]) -> Self {
        self.declaration.possible_values = values;
        self
    }

    /// The names that the metric had before, as they were exposed, with the namespace of that time. Generated rules and dashboards read `new or old`
    /// while both versions of a program run.
    ///
    /// ```
    /// use radiosonde_metrics::Registry;
    ///
    /// let registry = Registry::new();
    /// registry.counter("orders_placed_total", "Orders.").renamed_from(&["orders_total"]).build()?;
    /// assert_eq!(registry.descriptors()[0].former_names().collect::<Vec<_>>(), ["orders_total"]);
    /// # Ok::<(), radiosonde_metrics::RegisterError>(())
    /// ```
    ///
    /// # Errors
    /// A former name that is not one of a metric, or the name itself, is refused when the metric is built.
    pub const fn renamed_from(mut self, names: &'a [&'a str]) -> Self {
        self.declaration.former_names = names;
        self
    }

    /// Accepts a name that conventions forbid: a counter without `_total`, or anything else with it. For names that others have
    /// chosen, such as a gauge `devices_total` of an existing dashboard.
    ///
    /// The name is reported in [`diagnostics`](radiosonde_core::diagnostics), which shows one of them in ten seconds, and stays a finding
    /// of `radiosonde_ops::lint`, which lists all.
    /// OpenMetrics has no counter without `_total`: there it is `unknown`, with the same samples.
    ///
    /// ```
    /// use radiosonde_metrics::Registry;
    ///
    /// let registry = Registry::new();
    /// let devices = registry.gauge("devices_total", "Known devices.").unconventional_name().build()?;
    /// devices.set(12.0);
    /// assert!(registry.text().contains("# TYPE devices_total gauge\ndevices_total 12\n"));
    /// # Ok::<(), radiosonde_metrics::RegisterError>(())
    /// ```
    pub const fn unconventional_name(mut self) -> Self {
        self.declaration.unconventional = true;
        self
    }

    /// The metric, without labels.
    ///
    /// # Errors
    /// [`RegisterError`] if the name, help or unit is refused, or the name is taken by another metric.
    pub fn build(self) -> Result<M, RegisterError> {
        Ok(MetricRef::<M>::new(self.register(&[])?.find(&Texts(&[]))).clone())
    }

    /// The metric with the labels of the type `L`.
    ///
    /// # Errors
    /// [`RegisterError`] if the name, help, unit or a label is refused, or the name is taken by another metric.
    pub fn family<L: Labels>(self) -> Result<Family<M, L>, RegisterError> {
        Ok(Family::new(self.with_values_of::<L>().register(&L::names())?))
    }

    /// The metric with labels of these names.
    ///
    /// # Errors
    /// [`RegisterError`] if the name, help, unit or a label is refused, or the name is taken by another metric.
    pub fn labels(self, names: &[&str]) -> Result<DynFamily<M>, RegisterError> {
        Ok(DynFamily::new(self.register(names)?))
    }

    pub(crate) fn with_values_of<L: Labels>(mut self) -> Self {
        self.declaration.values_of_type = Some(L::possible_values);
        self
    }

    pub(crate) fn register(self, labels: &[&str]) -> Result<Arc<FamilyData<M>>, RegisterError> {
        let name = self.declaration.name;
        let registered = self.register_unreported(labels)?;
        report_unconventional(name, M::KIND);
        Ok(registered)
    }

    /// As [`register`](Self::register), for callers that hold a lock.
    pub(crate) fn register_unreported(self, labels: &[&str]) -> Result<Arc<FamilyData<M>>, RegisterError> {
        self.registry.get_or_register(self.declaration.into_shared(M::KIND, labels)?)
    }

    /// A family of this name and these labels that no registry knows.
    pub(crate) fn detached(self, labels: &[&str]) -> Arc<FamilyData<M>> {
        Arc::new(FamilyData::new(self.declaration.into_detached(M::KIND, labels)))
    }

    pub(crate) fn registry(&self) -> &Registry {
        &self.registry
    }

    pub(crate) const fn name(&self) -> &'a str {
        self.declaration.name
    }
}

impl<M: Instrument> MetricBuilder<'static, M> {
    /// Declares the metric in this registry instead, which is looked up when the metric is made.
    pub const fn in_registry(mut self, registry: fn() -> &'static Registry) -> Self {
        self.registry = RegistrySource::Deferred(registry);
        self
    }
}

impl MetricBuilder<'_, Counter> {
    /// Gives each of a few threads a part of its own to count in, so that a counter which many threads count in all the time is no
    /// bottleneck: an addition is a load and a store.
    ///
    /// # Cost
    /// 128 bytes for each part of each series, and twice as many parts as there are processors. For few series with much traffic.
    pub const fn striped(mut self) -> Self {
        self.declaration.striped = true;
        self
    }

    /// Lets the last increment made within a sampled span be the counter's exemplar, taken at most ten times a second. Shown in
    /// OpenMetrics and protobuf.
    ///
    /// # Cost
    /// 90 bytes for each series, and some fifty instructions for each increment outside of a sampled span, five times a plain one. Counters
    /// that do not ask for it pay nothing.
    pub const fn exemplars(mut self) -> Self {
        self.declaration.exemplars = true;
        self
    }
}

impl MetricBuilder<'_, FloatCounter> {
    /// Lets the last increment made within a sampled span be the counter's exemplar, taken at most ten times a second. Shown in
    /// OpenMetrics and protobuf.
    ///
    /// # Cost
    /// 90 bytes for each series, and some fifty instructions for each increment outside of a sampled span, five times a plain one. Counters
    /// that do not ask for it pay nothing.
    pub const fn exemplars(mut self) -> Self {
        self.declaration.exemplars = true;
        self
    }
}

impl<'a> MetricBuilder<'a, Summary> {
    /// Sets the quantiles that are shown, each from 0 to 1; without this they are 0.5, 0.9 and 0.99.
    pub const fn quantiles(mut self, quantiles: &'a [f64]) -> Self {
        self.declaration.quantiles = quantiles;
        self
    }

    /// Sets how far back the quantiles look; without this it is ten minutes.
    pub const fn window(mut self, window: Duration) -> Self {
        self.declaration.window = window;
        self
    }
}

impl MetricBuilder<'_, Histogram> {
    /// Gives each of a few threads buckets and a sum of its own, so that a histogram which many threads observe in all the time is
    /// no bottleneck: an observation is two loads and two stores.
    ///
    /// # Cost
    /// 256 bytes or more for each part of each series, and twice as many parts as there are processors. For few series with much
    /// traffic.
    pub const fn striped(mut self) -> Self {
        self.declaration.striped = true;
        self
    }

    /// Sets the buckets; without this they are [`Buckets::HTTP_SECONDS`].
    pub const fn buckets(mut self, buckets: Buckets) -> Self {
        // The former ones, which are static unless they were set before, are not dropped: that cannot be done in a constant.
        let _former = ManuallyDrop::new(std::mem::replace(&mut self.declaration.buckets, buckets));
        self
    }

    /// Adds exponential buckets, beside the classic ones or, with [`Buckets::NONE`], instead of them.
    pub const fn native(mut self, native: Native) -> Self {
        self.declaration.native = Some(native);
        self
    }
}
