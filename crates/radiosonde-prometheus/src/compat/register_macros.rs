//! The macros of the `prometheus` crate. Each is an expression of type `Result`.

/// A map of constant labels: `labels! { "name" => "value" }`.
#[doc(hidden)]
#[macro_export]
macro_rules! __compat_labels {
    ($($name:expr => $value:expr),* $(,)?) => {
        ::std::collections::HashMap::from([$(($name, $value)),*])
    };
}

/// Creates [`Opts`](crate::compat::Opts) from a name, a help text, and any number of [`labels!`](crate::compat::labels).
#[doc(hidden)]
#[macro_export]
macro_rules! __compat_opts {
    ($name:expr, $help:expr $(, $labels:expr)* $(,)?) => {
        $crate::compat::Opts::new($name, $help)
            $(.__labelled($labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))))*
    };
}

/// Creates [`HistogramOpts`](crate::compat::HistogramOpts) from a name, a help text, and optional bounds and constant
/// labels.
#[doc(hidden)]
#[macro_export]
macro_rules! __compat_histogram_opts {
    ($name:expr, $help:expr $(,)?) => {
        $crate::compat::HistogramOpts::new($name, $help)
    };
    ($name:expr, $help:expr, $buckets:expr $(,)?) => {
        $crate::compat::HistogramOpts::new($name, $help).buckets($buckets)
    };
    ($name:expr, $help:expr, $buckets:expr, $labels:expr $(,)?) => {
        $crate::compat::HistogramOpts::new($name, $help).buckets($buckets).const_labels($labels)
    };
}

/// Registers a metric or a vector.
#[doc(hidden)]
#[macro_export]
macro_rules! __compat_registered {
    ($made:expr, $registry:expr) => {
        $made.and_then(|metric| $registry.register(::std::boxed::Box::new(metric.clone())).map(|()| metric))
    };
}

/// Creates and registers a metric from a macro's arguments; `in last` is followed by arguments that end in the registry.
#[doc(hidden)]
#[macro_export]
macro_rules! __compat_metric {
    ($type:ident in last; $a:expr, $registry:expr $(,)?) => { $crate::__compat_metric!($type in $registry; $a) };
    ($type:ident in last; $a:expr, $b:expr, $registry:expr $(,)?) => {
        $crate::__compat_metric!($type in $registry; $a, $b)
    };
    ($type:ident in last; $a:expr, $b:expr, $c:expr, $registry:expr $(,)?) => {
        $crate::__compat_metric!($type in $registry; $a, $b, $c)
    };
    ($type:ident in $registry:expr; $opts:expr $(,)?) => {
        $crate::__compat_registered!($crate::compat::$type::with_opts($opts), $registry)
    };
    (Histogram in $registry:expr; $name:expr, $help:expr $(, $buckets:expr)? $(,)?) => {
        $crate::__compat_metric!(Histogram in $registry; $crate::compat::histogram_opts!($name, $help $(, $buckets)?))
    };
    ($type:ident in $registry:expr; $name:expr, $help:expr $(,)?) => {
        $crate::__compat_metric!($type in $registry; $crate::compat::opts!($name, $help))
    };
}

/// Creates and registers a vector from a macro's arguments; `in last` is followed by arguments that end in the registry.
#[doc(hidden)]
#[macro_export]
macro_rules! __compat_vec {
    ($type:ident in last; $a:expr, $b:expr, $registry:expr $(,)?) => {
        $crate::__compat_vec!($type in $registry; $a, $b)
    };
    ($type:ident in last; $a:expr, $b:expr, $c:expr, $registry:expr $(,)?) => {
        $crate::__compat_vec!($type in $registry; $a, $b, $c)
    };
    ($type:ident in last; $a:expr, $b:expr, $c:expr, $d:expr, $registry:expr $(,)?) => {
        $crate::__compat_vec!($type in $registry; $a, $b, $c, $d)
    };
    ($type:ident in $registry:expr; $opts:expr, $labels:expr $(,)?) => {
        $crate::__compat_registered!($crate::compat::$type::new($opts, $labels), $registry)
    };
    (HistogramVec in $registry:expr; $name:expr, $help:expr, $labels:expr $(, $buckets:expr)? $(,)?) => {
        $crate::__compat_vec!(
            HistogramVec in $registry; $crate::compat::histogram_opts!($name, $help $(, $buckets)?), $labels
        )
    };
    ($type:ident in $registry:expr; $name:expr, $help:expr, $labels:expr $(,)?) => {
        $crate::__compat_vec!($type in $registry; $crate::compat::opts!($name, $help), $labels)
    };
}

/// Registers a [`Counter`](crate::compat::Counter) with the default registry: `(opts)` or `(name, help)`.
#[doc(hidden)]
#[macro_export]
macro_rules! __compat_register_counter {
    ($($args:tt)+) => { $crate::__compat_metric!(Counter in $crate::compat::default_registry(); $($args)+) };
}

/// Registers a [`Counter`](crate::compat::Counter) with a registry, given last.
#[doc(hidden)]
#[macro_export]
macro_rules! __compat_register_counter_with_registry {
    ($($args:tt)+) => { $crate::__compat_metric!(Counter in last; $($args)+) };
}

/// Registers a [`CounterVec`](crate::compat::CounterVec) with the default registry: `(opts, labels)` or `(name, help, labels)`.
#[doc(hidden)]
#[macro_export]
macro_rules! __compat_register_counter_vec {
    ($($args:tt)+) => { $crate::__compat_vec!(CounterVec in $crate::compat::default_registry(); $($args)+) };
}

/// Registers a [`CounterVec`](crate::compat::CounterVec) with a registry, given last.
#[doc(hidden)]
#[macro_export]
macro_rules! __compat_register_counter_vec_with_registry {
    ($($args:tt)+) => { $crate::__compat_vec!(CounterVec in last; $($args)+) };
}

/// Registers a [`IntCounter`](crate::compat::IntCounter) with the default registry: `(opts)` or `(name, help)`.
#[doc(hidden)]
#[macro_export]
macro_rules! __compat_register_int_counter {
    ($($args:tt)+) => { $crate::__compat_metric!(IntCounter in $crate::compat::default_registry(); $($args)+) };
}

/// Registers a [`IntCounter`](crate::compat::IntCounter) with a registry, given last.
#[doc(hidden)]
#[macro_export]
macro_rules! __compat_register_int_counter_with_registry {
    ($($args:tt)+) => { $crate::__compat_metric!(IntCounter in last; $($args)+) };
}

/// Registers a [`IntCounterVec`](crate::compat::IntCounterVec) with the default registry: `(opts, labels)` or `(name, help, labels)`.
#[doc(hidden)]
#[macro_export]
macro_rules! __compat_register_int_counter_vec {
    ($($args:tt)+) => { $crate::__compat_vec!(IntCounterVec in $crate::compat::default_registry(); $($args)+) };
}

/// Registers a [`IntCounterVec`](crate::compat::IntCounterVec) with a registry, given last.
#[doc(hidden)]
#[macro_export]
macro_rules! __compat_register_int_counter_vec_with_registry {
    ($($args:tt)+) => { $crate::__compat_vec!(IntCounterVec in last; $($args)+) };
}

/// Registers a [`Gauge`](crate::compat::Gauge) with the default registry: `(opts)` or `(name, help)`.
#[doc(hidden)]
#[macro_export]
macro_rules! __compat_register_gauge {
    ($($args:tt)+) => { $crate::__compat_metric!(Gauge in $crate::compat::default_registry(); $($args)+) };
}

/// Registers a [`Gauge`](crate::compat::Gauge) with a registry, given last.
#[doc(hidden)]
#[macro_export]
macro_rules! __compat_register_gauge_with_registry {
    ($($args:tt)+) => { $crate::__compat_metric!(Gauge in last; $($args)+) };
}

/// Registers a [`GaugeVec`](crate::compat::GaugeVec) with the default registry: `(opts, labels)` or `(name, help, labels)`.
#[doc(hidden)]
#[macro_export]
macro_rules! __compat_register_gauge_vec {
    ($($args:tt)+) => { $crate::__compat_vec!(GaugeVec in $crate::compat::default_registry(); $($args)+) };
}

/// Registers a [`GaugeVec`](crate::compat::GaugeVec) with a registry, given last.
#[doc(hidden)]
#[macro_export]
macro_rules! __compat_register_gauge_vec_with_registry {
    ($($args:tt)+) => { $crate::__compat_vec!(GaugeVec in last; $($args)+) };
}

/// Registers a [`IntGauge`](crate::compat::IntGauge) with the default registry: `(opts)` or `(name, help)`.
#[doc(hidden)]
#[macro_export]
macro_rules! __compat_register_int_gauge {
    ($($args:tt)+) => { $crate::__compat_metric!(IntGauge in $crate::compat::default_registry(); $($args)+) };
}

/// Registers a [`IntGauge`](crate::compat::IntGauge) with a registry, given last.
#[doc(hidden)]
#[macro_export]
macro_rules! __compat_register_int_gauge_with_registry {
    ($($args:tt)+) => { $crate::__compat_metric!(IntGauge in last; $($args)+) };
}

/// Registers a [`IntGaugeVec`](crate::compat::IntGaugeVec) with the default registry: `(opts, labels)` or `(name, help, labels)`.
#[doc(hidden)]
#[macro_export]
macro_rules! __compat_register_int_gauge_vec {
    ($($args:tt)+) => { $crate::__compat_vec!(IntGaugeVec in $crate::compat::default_registry(); $($args)+) };
}

/// Registers a [`IntGaugeVec`](crate::compat::IntGaugeVec) with a registry, given last.
#[doc(hidden)]
#[macro_export]
macro_rules! __compat_register_int_gauge_vec_with_registry {
    ($($args:tt)+) => { $crate::__compat_vec!(IntGaugeVec in last; $($args)+) };
}

/// Registers a [`Histogram`](crate::compat::Histogram) with the default registry: `(opts)` or `(name, help[, buckets])`.
#[doc(hidden)]
#[macro_export]
macro_rules! __compat_register_histogram {
    ($($args:tt)+) => { $crate::__compat_metric!(Histogram in $crate::compat::default_registry(); $($args)+) };
}

/// Registers a [`Histogram`](crate::compat::Histogram) with a registry, given last.
#[doc(hidden)]
#[macro_export]
macro_rules! __compat_register_histogram_with_registry {
    ($($args:tt)+) => { $crate::__compat_metric!(Histogram in last; $($args)+) };
}

/// Registers a [`HistogramVec`](crate::compat::HistogramVec) with the default registry: `(opts, labels)` or `(name, help, labels[, buckets])`.
#[doc(hidden)]
#[macro_export]
macro_rules! __compat_register_histogram_vec {
    ($($args:tt)+) => { $crate::__compat_vec!(HistogramVec in $crate::compat::default_registry(); $($args)+) };
}

/// Registers a [`HistogramVec`](crate::compat::HistogramVec) with a registry, given last.
#[doc(hidden)]
#[macro_export]
macro_rules! __compat_register_histogram_vec_with_registry {
    ($($args:tt)+) => { $crate::__compat_vec!(HistogramVec in last; $($args)+) };
}
