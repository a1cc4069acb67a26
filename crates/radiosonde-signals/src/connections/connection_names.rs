/// The names of the metrics of [`Connections`](crate::Connections).
///
/// # Shape
/// | | [`classic`](Self::classic) (default) | [`unlabelled`](Self::unlabelled) | [`http_listener`](Self::http_listener) |
/// |---|---|---|---|
/// | open | `active_connections{protocol}` | `active_connections` | `http_connections_active{listener}` |
/// | limit | `max_connections{protocol}` | `max_connections` | `http_connections_max{listener}` |
/// | opened | `connections_opened_total{protocol}` | `connections_opened_total` | `http_connections_accepted_total{listener}` |
/// | closed | `connections_closed_total{protocol,reason}` | `connections_closed_total{reason}` | `http_connections_closed_total{listener,reason}` |
/// | duration | `connection_duration_seconds{protocol}` | `connection_duration_seconds` | `http_connection_duration_seconds{listener}` |
///
/// ```
/// use radiosonde_metrics::Registry;
/// use radiosonde_signals::{ConnectionNames, Connections};
///
/// let registry = Registry::new();
/// let names = ConnectionNames::unlabelled();
/// let connections = Connections::builder("api").names(names).namespace("aetherra").max(100);
/// let connections = connections.registry(&registry).build()?;
/// let _connection = connections.open();
/// assert!(registry.text().contains("aetherra_active_connections 1\n"));
/// assert!(registry.text().contains("aetherra_max_connections 100\n"));
/// # Ok::<(), radiosonde_metrics::RegisterError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConnectionNames {
    /// The label with the name.
    pub(crate) label: Option<&'static str>,
    pub(crate) active: &'static str,
    pub(crate) max: &'static str,
    pub(crate) opened: &'static str,
    pub(crate) closed: &'static str,
    pub(crate) duration: &'static str,
    /// Whether connections can be shed, for a reason of that name.
    pub(crate) has_shed: bool,
}

impl ConnectionNames {
    /// `active_connections` and so on, with the label `protocol`.
    #[must_use]
    pub const fn classic() -> Self {
        Self {
            label: Some("protocol"),
            active: "active_connections",
            max: "max_connections",
            opened: "connections_opened_total",
            closed: "connections_closed_total",
            duration: "connection_duration_seconds",
            has_shed: true,
        }
    }

    /// `active_connections` and so on, without a label: for the only connections that a registry counts.
    #[must_use]
    pub const fn unlabelled() -> Self {
        Self { label: None, ..Self::classic() }
    }

    /// `http_connections_active` and so on, with the label `listener`: those of `ConnectionMetrics` of `radiosonde-tower`.
    #[must_use]
    pub const fn http_listener() -> Self {
        Self {
            label: Some("listener"),
            active: "http_connections_active",
            max: "http_connections_max",
            opened: "http_connections_accepted_total",
            closed: "http_connections_closed_total",
            duration: "http_connection_duration_seconds",
            // What a listener has accepted is served.
            has_shed: false,
        }
    }
}

impl Default for ConnectionNames {
    fn default() -> Self {
        Self::classic()
    }
}
