use std::fmt;
use std::sync::Arc;

use radiosonde_core::{SharedClock, SystemClock};
use radiosonde_metrics::{Buckets, RegisterError, Registry};

use crate::client::client_layer::ClientLayer;
use crate::client::client_settings::ClientSettings;
use crate::client::line_level::LineLevel;
use crate::grpc::rpc::RpcSide;
use crate::grpc::rpc_metrics::RpcMetrics;
use crate::ids::id_options::IdOptions;
use crate::measuring::client_metrics::ClientMetrics;
use crate::measuring::client_names::ClientNames;
use crate::measuring::peers::Peers;
use crate::server::signals::Signals;

/// Builds a [`ClientLayer`].
#[must_use]
#[derive(Clone)]
pub struct ClientLayerBuilder {
    registry: Option<Registry>,
    clock: SharedClock,
    signals: Signals,
    ids: IdOptions,
    names: ClientNames,
    buckets: Buckets,
    line_level: Arc<dyn LineLevel>,
}

impl ClientLayerBuilder {
    pub(crate) fn new() -> Self {
        Self {
            registry: None,
            clock: Arc::new(SystemClock),
            signals: Signals::ALL,
            ids: IdOptions::new(),
            names: ClientNames::classic(),
            buckets: Buckets::HTTP_SECONDS,
            line_level: Arc::new(()),
        }
    }

    /// Sets the registry of the metrics; default: [`Registry::global`].
    pub fn registry(mut self, registry: &Registry) -> Self {
        self.registry = Some(registry.clone());
        self
    }

    /// Sets the clock that measures durations; default: the system's.
    pub fn clock(mut self, clock: SharedClock) -> Self {
        self.clock = clock;
        self
    }

    /// Sets the signals that calls leave; default: [`Signals::ALL`]. One that is off costs nothing, and without metrics none are
    /// registered. Without spans, the current context is propagated.
    pub const fn signals(mut self, signals: Signals) -> Self {
        self.signals = signals;
        self
    }

    /// Sets which ids calls have, and in which headers: by [`correlation_header`](IdOptions::correlation_header),
    /// [`request_header`](IdOptions::request_header) and [`forward_request_id`](IdOptions::forward_request_id). Default:
    /// [`IdOptions::new`], the correlation id.
    pub fn ids(mut self, options: IdOptions) -> Self {
        self.ids = options;
        self
    }

    /// Sets the names of the metrics; default: [`ClientNames::classic`].
    pub fn names(mut self, names: ClientNames) -> Self {
        self.names = names;
        self
    }

    /// Sets the buckets of durations; default: [`Buckets::HTTP_SECONDS`]. The thresholds of latency objectives are added to them.
    pub fn buckets(mut self, buckets: Buckets) -> Self {
        self.buckets = buckets;
        self
    }

    /// Sets what decides on the level of a call's line; default: `()`.
    pub fn line_level(mut self, rule: impl LineLevel + 'static) -> Self {
        self.line_level = Arc::new(rule);
        self
    }

    /// Registers the metrics.
    ///
    /// # Errors
    /// [`RegisterError`] if the registry has other metrics with these names. Those of gRPC are registered at the first call; a
    /// conflict is then reported to [`diagnostics`](radiosonde_core::diagnostics).
    pub fn build(self) -> Result<ClientLayer, RegisterError> {
        let registry = self.registry.as_ref().unwrap_or_else(|| Registry::global());
        let register = || {
            let rpc = RpcMetrics::new(registry, RpcSide::Client, self.names.0.is_otel, self.buckets.clone());
            Ok((ClientMetrics::new(registry, &self.names, &self.buckets)?, rpc))
        };
        let metrics = self.signals.contains(Signals::METRICS).then(register).transpose()?;
        Ok(ClientLayer::of(ClientSettings {
            metrics,
            clock: self.clock,
            signals: self.signals,
            ids: self.ids,
            peers: Peers::new(),
            line_level: self.line_level,
        }))
    }
}

impl fmt::Debug for ClientLayerBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientLayerBuilder").field("signals", &self.signals).finish_non_exhaustive()
    }
}
