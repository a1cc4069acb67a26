use std::fmt;
use std::io;
use std::sync::Arc;

use radiosonde_core::{SharedClock, SystemClock};
use radiosonde_metrics::{RegisterError, Registry};

use crate::accounting::self_metrics::SelfMetrics;
use crate::handle::delivery::Delivery;

/// Builder of a [`Delivery`].
#[must_use]
#[derive(Debug, Clone)]
pub struct DeliveryBuilder {
    registry: Option<Registry>,
    clock: SharedClock,
}

impl DeliveryBuilder {
    pub(crate) fn new() -> Self {
        Self { registry: None, clock: Arc::new(SystemClock) }
    }

    /// The registry of the self metrics. Default: [`Registry::global`].
    pub fn registry(mut self, registry: &Registry) -> Self {
        self.registry = Some(registry.clone());
        self
    }

    /// The clock that measures the age of a batch. Default: the system's. Waits and timeouts always use real time.
    pub fn clock(mut self, clock: SharedClock) -> Self {
        self.clock = clock;
        self
    }

    /// Starts the delivery thread.
    ///
    /// # Errors
    /// [`DeliveryStartError`] if no thread can be started or the metrics clash with others.
    pub fn start(self) -> Result<Delivery, DeliveryStartError> {
        let registry = self.registry.as_ref().unwrap_or_else(|| Registry::global());
        let metrics = SelfMetrics::new(registry).map_err(DeliveryStartError::Metrics)?;
        Delivery::start(metrics, self.clock).map_err(DeliveryStartError::Thread)
    }
}

/// A delivery that cannot start.
#[derive(Debug)]
#[non_exhaustive]
pub enum DeliveryStartError {
    /// The operating system refused a thread or its event queue.
    Thread(io::Error),
    /// The metrics could not be registered.
    Metrics(RegisterError),
}

impl fmt::Display for DeliveryStartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Thread(_) => "the delivery thread could not be started",
            Self::Metrics(_) => "the metrics of delivery could not be registered",
        })
    }
}

impl std::error::Error for DeliveryStartError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Thread(error) => Some(error),
            Self::Metrics(error) => Some(error),
        }
    }
}
