//! The API of the `prometheus` crate over `radiosonde-metrics` instruments: a migration changes only imports.
//!
//! Metrics and their vectors, options, macros, registry and text encoder have the names and signatures of `prometheus` 0.14.
//! Series are distinguished by their values and not by a hash alone, a histogram's count matches its buckets and it leaves
//! exemplars, and a scrape takes no lock that recording waits for. A vector has at most 10 000 series of its own: further
//! label sets share one whose values are all `_overflow`, and are counted. Metrics declared natively in [`Registry::native`]
//! are exposed together with these, so that a program may migrate metric by metric.
//!
//! Some things differ. A program that uses an item not offered here does not compile; the migration guide names the replacement.
//!
//! - A counter's name may lack `_total`, and is exposed as given. OpenMetrics rules out such a counter, so it is exposed
//!   there with the kind unknown.
//! - Nothing panics. [`MetricVec::with_label_values`] with a wrong number of values returns a metric that is not exposed,
//!   and counts that in `radiosonde_metrics_refused_total{family,reason="label_count"}`. A negative addition to a counter
//!   and an observation of NaN are refused and counted as well. A macro with invalid options returns an error.
//! - There is no model of protobuf messages: a [`MetricFamily`] can only be encoded. Read values with
//!   [`snapshot`](radiosonde_metrics::Registry::snapshot), and build custom metrics with a
//!   [`radiosonde_metrics::collect::Collector`].
//!
//! ```
//! use radiosonde_prometheus::compat::{Encoder, TextEncoder, gather, register_int_counter_vec};
//!
//! let orders = register_int_counter_vec!("orders_total", "Orders.", &["method"])?;
//! orders.with_label_values(&["card"]).inc();
//!
//! let mut body = Vec::new();
//! TextEncoder::new().encode(&gather(), &mut body)?;
//! assert!(String::from_utf8_lossy(&body).contains("orders_total{method=\"card\"} 1\n"));
//! # Ok::<(), radiosonde_prometheus::compat::Error>(())
//! ```

mod buckets;
mod core;
mod counter;
mod encoder;
mod error;
mod gauge;
mod histogram;
mod histogram_timer;
mod metric;
mod metric_family;
mod metric_vec;
mod options;
mod register_macros;
mod registry;

pub use buckets::{DEFAULT_BUCKETS, exponential_buckets, linear_buckets};
pub use counter::{Counter, CounterVec, IntCounter, IntCounterVec};
pub use encoder::{Encoder, TEXT_FORMAT, TextEncoder};
pub use error::{Error, Result};
pub use gauge::{Gauge, GaugeVec, IntGauge, IntGaugeVec};
pub use histogram::{Histogram, HistogramVec};
pub use histogram_timer::HistogramTimer;
pub use metric::{Collector, Metric};
pub use metric_family::MetricFamily;
pub use metric_vec::MetricVec;
pub use options::{HistogramOpts, Opts};
pub use registry::{Registry, default_registry, gather, register, unregister};

#[doc(inline)]
pub use crate::{
    __compat_histogram_opts as histogram_opts, __compat_labels as labels, __compat_opts as opts,
    __compat_register_counter as register_counter, __compat_register_counter_vec as register_counter_vec,
    __compat_register_counter_vec_with_registry as register_counter_vec_with_registry,
    __compat_register_counter_with_registry as register_counter_with_registry,
    __compat_register_gauge as register_gauge, __compat_register_gauge_vec as register_gauge_vec,
    __compat_register_gauge_vec_with_registry as register_gauge_vec_with_registry,
    __compat_register_gauge_with_registry as register_gauge_with_registry,
    __compat_register_histogram as register_histogram,
    __compat_register_histogram_vec as register_histogram_vec,
    __compat_register_histogram_vec_with_registry as register_histogram_vec_with_registry,
    __compat_register_histogram_with_registry as register_histogram_with_registry,
    __compat_register_int_counter as register_int_counter,
    __compat_register_int_counter_vec as register_int_counter_vec,
    __compat_register_int_counter_vec_with_registry as register_int_counter_vec_with_registry,
    __compat_register_int_counter_with_registry as register_int_counter_with_registry,
    __compat_register_int_gauge as register_int_gauge,
    __compat_register_int_gauge_vec as register_int_gauge_vec,
    __compat_register_int_gauge_vec_with_registry as register_int_gauge_vec_with_registry,
    __compat_register_int_gauge_with_registry as register_int_gauge_with_registry,
};
