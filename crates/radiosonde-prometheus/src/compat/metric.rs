use std::sync::Arc;

use crate::compat::core::AnyCore;

/// A metric of this module, or a vector of metrics, which a registry accepts.
///
/// Sealed. A custom collector is a [`radiosonde_metrics::collect::Collector`].
pub trait Collector: sealed::Collected + Send + Sync {}

/// A metric that can be in a vector.
///
/// Sealed: the exposition has to know every kind.
pub trait Metric: sealed::Sealed + Collector + Clone + 'static {}

pub(super) mod sealed {
    use super::{AnyCore, Arc};
    use crate::compat::core::Core;
    use crate::compat::options::Describe;
    use radiosonde_metrics::Instrument;

    pub trait Collected {
        /// The state that a registry keeps; `None` for a metric of a vector, which is registered with the vector.
        fn core(&self) -> Option<Arc<dyn AnyCore>>;
    }

    pub trait Sealed: Sized {
        type Ours: Instrument;
        type Opts: Describe;

        fn wrap(ours: Self::Ours, core: Option<Arc<Core<Self::Ours>>>) -> Self;
    }
}

/// Defines a metric of this module: an instrument of ours, with its description unless it belongs to a vector.
macro_rules! metric {
    ($(#[$doc:meta])* $name:ident, $ours:ident, $opts:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone)]
        pub struct $name {
            pub(super) ours: radiosonde_metrics::$ours,
            core: Option<std::sync::Arc<crate::compat::core::Core<radiosonde_metrics::$ours>>>,
        }

        impl $name {
            /// Creates a metric that is not registered yet.
            ///
            /// # Errors
            /// [`Error::Msg`](crate::compat::error::Error::Msg) if the name is invalid or the help is empty.
            #[track_caller]
            pub fn new<S1: Into<String>, S2: Into<String>>(name: S1, help: S2) -> crate::compat::error::Result<Self> {
                Self::with_opts(crate::compat::options::$opts::new(name, help))
            }

            /// Creates a metric that is not registered yet.
            ///
            /// # Errors
            /// [`Error::Msg`](crate::compat::error::Error::Msg) if an option is invalid,
            /// [`Error::InconsistentCardinality`](crate::compat::error::Error::InconsistentCardinality) if there are
            /// variable labels.
            #[track_caller]
            pub fn with_opts(opts: crate::compat::options::$opts) -> crate::compat::error::Result<Self> {
                let (core, ours) = crate::compat::core::Core::alone(opts)?;
                Ok(Self { ours, core: Some(core) })
            }
        }

        impl crate::compat::metric::sealed::Collected for $name {
            fn core(&self) -> Option<std::sync::Arc<dyn crate::compat::core::AnyCore>> {
                self.core.clone().map(|core| core as _)
            }
        }

        impl crate::compat::metric::Collector for $name {}

        impl crate::compat::metric::sealed::Sealed for $name {
            type Ours = radiosonde_metrics::$ours;
            type Opts = crate::compat::options::$opts;

            fn wrap(
                ours: Self::Ours,
                core: Option<std::sync::Arc<crate::compat::core::Core<Self::Ours>>>,
            ) -> Self {
                Self { ours, core }
            }
        }

        impl crate::compat::metric::Metric for $name {}
    };
}

pub(super) use metric;
