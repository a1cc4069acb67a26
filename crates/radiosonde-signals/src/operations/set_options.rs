use std::borrow::Cow;
use std::sync::Arc;

use radiosonde_core::{SharedClock, SystemClock};
use radiosonde_metrics::{Buckets, Registry};

use crate::operations::error_kind::ErrorKinds;

/// The options that all builders of operations and ready sets have; `set_options!` gives them their setters.
#[derive(Debug, Clone)]
pub(crate) struct SetOptions {
    registry: Option<Registry>,
    pub(crate) clock: SharedClock,
    pub(crate) namespace: Cow<'static, str>,
    pub(crate) buckets: Buckets,
    pub(crate) kinds: ErrorKinds,
}

impl SetOptions {
    /// The defaults, with these buckets.
    pub(crate) fn new(buckets: Buckets) -> Self {
        let (registry, namespace) = (None, Cow::Borrowed(""));
        Self { registry, clock: Arc::new(SystemClock), namespace, buckets, kinds: ErrorKinds::default() }
    }

    /// The registry that was set, or the global one.
    pub(crate) fn registry(&self) -> &Registry {
        self.registry.as_ref().unwrap_or_else(|| Registry::global())
    }

    pub(crate) fn set_registry(&mut self, registry: &Registry) {
        self.registry = Some(registry.clone());
    }

    /// The name of a metric, with the namespace.
    pub(crate) fn name(&self, name: &str) -> String {
        let separator = if self.namespace.is_empty() { "" } else { "_" };
        format!("{}{separator}{name}", self.namespace)
    }
}

/// Gives a builder with the field `options: SetOptions` setters: `registry`, `clock` and `namespace`; and, where they are listed,
/// `buckets` and `errors`. `without clock` is for builders of what needs no time.
macro_rules! set_options {
    ($builder:ident $(, $option:ident)*) => {
        impl $builder {
            set_options!(@registry);
            set_options!(@clock);
            set_options!(@namespace);
            $(set_options!(@$option);)*
        }
    };
    ($builder:ident<$life:lifetime, $instrument:ident> without clock) => {
        impl<$life, $instrument> $builder<$life, $instrument> {
            set_options!(@registry);
            set_options!(@namespace);
        }
    };
    (@registry) => {
        /// The registry that the metrics are in. Default: [`Registry::global`](radiosonde_metrics::Registry::global).
        pub fn registry(mut self, registry: &radiosonde_metrics::Registry) -> Self {
            self.options.set_registry(registry);
            self
        }
    };
    (@clock) => {
        /// The clock that measures durations. Default: the system's.
        pub fn clock(mut self, clock: radiosonde_core::SharedClock) -> Self {
            self.options.clock = clock;
            self
        }
    };
    (@namespace) => {
        /// What the names of all metrics begin with, before an underscore. Default: nothing.
        pub fn namespace(mut self, namespace: impl Into<std::borrow::Cow<'static, str>>) -> Self {
            self.options.namespace = namespace.into();
            self
        }
    };
    (@buckets) => {
        /// The buckets of the durations, in seconds. The thresholds of latency [objectives](crate::Slo) are added to them.
        pub fn buckets(mut self, buckets: radiosonde_metrics::Buckets) -> Self {
            self.options.buckets = buckets;
            self
        }
    };
    (@errors) => {
        /// Counts errors of this type by their kind. Each kind is exposed from the start, at zero. Can be set for several types; errors
        /// of all other types count as `other`.
        ///
        /// The type is an error with an [`ErrorKind`](crate::ErrorKind), or [classifies](crate::ClassifyErrors) those of another crate.
        pub fn errors<E: crate::operations::error_kind::ClassifyErrors>(mut self) -> Self {
            self.options.kinds = self.options.kinds.and::<E>();
            self
        }
    };
}

pub(crate) use set_options;
