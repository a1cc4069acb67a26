use std::borrow::Cow;
use std::sync::Arc;

use radiosonde_metrics::{Buckets, RegisterError};

use crate::connections::connection_names::ConnectionNames;
use crate::connections::occupancy::{Occupancy, Open};
use crate::golden::GoldenSignals;
use crate::operations::operation::Operation;
use crate::operations::set_options::{SetOptions, set_options};
use crate::recording::record::Record;

/// The golden signals of connections that stay open: websockets, MQTT clients, sockets of a protocol of one's own.
///
/// Those that an HTTP server accepts are counted by `ConnectionMetrics` of `radiosonde-tower`, and those of a pool by the set of what they lead
/// to.
///
/// # Metrics
/// - `active_connections{protocol}` and `max_connections{protocol}`: open connections and, if it is [set](ConnectionsBuilder::max), how
///   many there can be. Saturation is the one divided by the other.
/// - `connections_opened_total{protocol}`: traffic.
/// - `connections_closed_total{protocol,reason}`: `closed` by default, and errors: `error`, `timeout`, `shed` and `panic`.
/// - `connection_duration_seconds{protocol}`. A connection has no latency.
///
/// [`ConnectionNames`] has other spellings. A connection has no span: it would end long after those within it. It writes one event with the
/// target `radiosonde::operation` when it is closed.
///
/// ```
/// use radiosonde_core::Outcome;
/// use radiosonde_metrics::Registry;
/// use radiosonde_signals::Connections;
///
/// let registry = Registry::new();
/// let websockets = Connections::builder("websocket").max(1000).registry(&registry).build()?;
/// let connection = websockets.open();
/// let mut idle = websockets.open();
/// idle.end(Outcome::TimedOut);
/// let text = registry.text();
/// assert!(text.contains("active_connections{protocol=\"websocket\"} 1\n"));
/// assert!(text.contains("connections_closed_total{protocol=\"websocket\",reason=\"timeout\"} 1\n"));
/// assert_eq!(websockets.signals().saturation().unwrap().share(&registry.snapshot()), Some(0.001));
/// drop(connection);
/// assert!(registry.text().contains("connections_closed_total{protocol=\"websocket\",reason=\"closed\"} 1\n"));
/// # Ok::<(), radiosonde_metrics::RegisterError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Connections(Arc<Open>);

impl Connections {
    /// Declares connections, by the name of their protocol.
    pub fn builder(protocol: impl Into<Cow<'static, str>>) -> ConnectionsBuilder {
        let (names, options) = (ConnectionNames::classic(), SetOptions::new(SECONDS));
        ConnectionsBuilder { protocol: protocol.into(), names, max: None, options }
    }

    /// Counts a connection as open until the guard is dropped, or [ended](Record::end) with the reason.
    pub fn open(&self) -> Record<Operation> {
        self.0.open()
    }

    /// Where the golden signals are.
    #[must_use]
    pub fn signals(&self) -> &GoldenSignals {
        self.0.signals()
    }
}

/// From a connection without a request to one that a pool keeps open.
const SECONDS: Buckets =
    Buckets::from_static(&[0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0, 3600.0]);

/// Builder of [`Connections`]. Default buckets: from ten milliseconds to an hour.
#[must_use = "a builder declares nothing until `build`"]
#[derive(Debug, Clone)]
pub struct ConnectionsBuilder {
    protocol: Cow<'static, str>,
    names: ConnectionNames,
    max: Option<u64>,
    options: SetOptions,
}

set_options!(ConnectionsBuilder, buckets);

impl ConnectionsBuilder {
    /// How many can be open, for the saturation. Default: unknown.
    pub const fn max(mut self, connections: u64) -> Self {
        self.max = Some(connections);
        self
    }

    /// The names of the metrics. Default: [`ConnectionNames::classic`].
    pub const fn names(mut self, names: ConnectionNames) -> Self {
        self.names = names;
        self
    }

    /// Declares the metrics.
    ///
    /// # Errors
    /// [`RegisterError`] if a name is refused or the registry has another metric with it.
    pub fn build(self) -> Result<Connections, RegisterError> {
        let ConnectionNames { label, active, max, opened, closed, duration, has_shed } = self.names;
        let words = ["connection", "connections"];
        let occupancy =
            Occupancy { words, label, active, max: Some(max), opened, closed, duration, has_shed };
        Ok(Connections(Arc::new(occupancy.declare(&self.protocol, self.max, &self.options)?)))
    }
}
