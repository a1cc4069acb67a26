use std::borrow::Cow;
use std::sync::{Arc, Mutex};

use radiosonde_metrics::model::Kind;
use radiosonde_metrics::removable::RemovableDynFamily;
use radiosonde_metrics::{Buckets, DynFamily, IntGauge, RegisterError};
use tracing::field::Empty;

use crate::caches::cache::{Cache, Parts};
use crate::caches::eviction_cause::EvictionCause;
use crate::caches::watched::SizeGauges;
use crate::golden::{Limit, Series};
use crate::operations::operation::Operation;
use crate::operations::set_options::{SetOptions, set_options};
use crate::operations::work_metrics::{WorkDeclaration, WorkMetrics};

/// Builder of a [`Cache`].
#[must_use = "a builder declares nothing until `build`"]
#[derive(Debug)]
pub struct CacheBuilder {
    name: Cow<'static, str>,
    capacity: Option<Capacity>,
    options: SetOptions,
}

set_options!(CacheBuilder, buckets, errors);

#[derive(Debug, Clone, Copy)]
enum Capacity {
    Entries(u64),
    Bytes(u64),
}

impl Cache {
    /// Declares a cache, by its name.
    pub fn builder(name: impl Into<Cow<'static, str>>) -> CacheBuilder {
        let options = SetOptions::new(Buckets::HTTP_SECONDS);
        CacheBuilder { name: name.into(), capacity: None, options }
    }
}

impl CacheBuilder {
    /// The largest number of entries, for the saturation. Default: unknown.
    pub fn capacity(mut self, entries: u64) -> Self {
        self.capacity = Some(Capacity::Entries(entries));
        self
    }

    /// The largest size of all entries in bytes, for the saturation, in place of a number of entries. Default: unknown.
    pub fn capacity_bytes(mut self, bytes: u64) -> Self {
        self.capacity = Some(Capacity::Bytes(bytes));
        self
    }

    /// Declares the metrics.
    ///
    /// # Errors
    /// [`RegisterError`] if a name is refused or the registry has another metric with it.
    pub fn build(self) -> Result<Cache, RegisterError> {
        let Self { name, capacity, options } = self;
        let registry = options.registry();
        let counter = |metric: &str, help| {
            let family = registry.counter(&options.name(metric), help).labels(&["cache"]);
            family.map(|family| family.handle(&[&name]))
        };
        let hits = counter("cache_hits_total", "Lookups that found a value in the cache.")?;
        let misses = counter("cache_misses_total", "Lookups that found no value in the cache.")?;

        let requests = options.name("cache_requests_total");
        let results = ["hit", "miss"];
        let by_result = registry.counter(&requests, "Lookups in the cache, by result.");
        let by_result = by_result.possible_values(&[("result", &results)]).labels(&["cache", "result"])?;
        let [hit, miss] = results.map(|result| by_result.handle(&[&name, result]));

        let causes = EvictionCause::ALL.map(EvictionCause::as_str);
        let evictions = options.name("cache_evictions_total");
        let evictions = registry.counter(&evictions, "Entries that the cache removed by itself, by cause.");
        let evictions = evictions.possible_values(&[("cause", &causes)]).labels(&["cache", "cause"])?;

        let gauges = Gauges::declare(&options)?;
        let (in_use, limit) = gauges.saturation(&options, &name, capacity);
        let metrics = declare_load(&name, &options)?;
        let signals = metrics.golden.clone().named(&*name, Some(("cache", &name)));
        let signals = signals
            .with_traffic(Series::of(registry, &requests, Kind::Counter).with("cache", &*name))
            .with_saturation(in_use, limit);
        signals.declare(registry);

        let [entries, bytes] = gauges.sizes;
        let load = Operation::from_metrics(&metrics, format!("load {name}").into(), &[&name], &options.clock);
        Ok(Cache::from_parts(Parts {
            hits: [hits, hit],
            misses: [misses, miss],
            evictions: Arc::new(causes.map(|cause| evictions.handle(&[&name, cause]))),
            load,
            sizes: SizeGauges { cache: name.clone(), entries, bytes },
            registry: registry.clone(),
            watch: format!("{}/{name}", options.name("cache")),
            watched: Mutex::default(),
            has_capacity_in_bytes: matches!(capacity, Some(Capacity::Bytes(_))),
            signals,
        }))
    }
}

/// The gauges of sizes and capacities: of entries, and in bytes.
struct Gauges {
    sizes: [RemovableDynFamily<IntGauge>; 2],
    capacities: [DynFamily<IntGauge>; 2],
}

/// Their names.
const SIZES: [&str; 2] = ["cache_size", "cache_size_bytes"];
const CAPACITIES: [&str; 2] = ["cache_capacity", "cache_capacity_bytes"];

impl Gauges {
    fn declare(options: &SetOptions) -> Result<Self, RegisterError> {
        let [entries, bytes] = SIZES.map(|name| options.name(name));
        let [most, largest] = CAPACITIES.map(|name| options.name(name));
        let registry = options.registry();
        let entries = registry.int_gauge(&entries, "Number of entries in the cache.");
        let bytes = registry.int_gauge(&bytes, "Size of the entries in the cache, in bytes.").unit("bytes");
        let most = registry.int_gauge(&most, "Largest number of entries in the cache.");
        let largest = registry.int_gauge(&largest, "Largest size of the entries in the cache, in bytes.");
        let (cache, largest) = (&["cache"], largest.unit("bytes"));
        Ok(Self {
            sizes: [entries.removable().labels(cache)?, bytes.removable().labels(cache)?],
            capacities: [most.labels(cache)?, largest.labels(cache)?],
        })
    }

    /// Sets the capacity; the size in its unit, and its limit.
    fn saturation(&self, options: &SetOptions, name: &str, capacity: Option<Capacity>) -> (Series, Limit) {
        let (unit, capacity) = match capacity {
            Some(Capacity::Bytes(bytes)) => (1, Some(bytes)),
            Some(Capacity::Entries(entries)) => (0, Some(entries)),
            None => (0, None),
        };
        let series = |metrics: [&str; 2]| {
            let metric = options.name(metrics[unit]);
            Series::of(options.registry(), &metric, Kind::Gauge).with("cache", name)
        };
        let Some(capacity) = capacity else { return (series(SIZES), Limit::Unknown) };
        self.capacities[unit].handle(&[name]).set(i64::try_from(capacity).unwrap_or(i64::MAX));
        (series(SIZES), Limit::Metric(series(CAPACITIES)))
    }
}

/// Declares the metrics of loads.
fn declare_load(name: &str, options: &SetOptions) -> Result<WorkMetrics, RegisterError> {
    let (errors, duration) =
        (options.name("cache_load_errors_total"), options.name("cache_load_duration_seconds"));
    let declaration = WorkDeclaration {
        errors: Some((&errors, "Failed loads of values for the cache, by kind of error.")),
        duration: Some((&duration, "Duration of loads of values for the cache.")),
        buckets: options.buckets.clone(),
        ..WorkDeclaration::new("cache", &["cache"])
    };
    let cache = name.to_owned();
    declaration.declare(options.registry(), options.kinds.clone(), move |load| {
        tracing::info_span!(
            target: "radiosonde::operation",
            "load",
            otel.name = load,
            otel.status_code = Empty,
            otel.status_description = Empty,
            cache = &*cache,
        )
    })
}
