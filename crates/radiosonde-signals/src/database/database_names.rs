use crate::database::pool_state::Number::{self, Active, Idle, Max, Open};

/// The names of a [`Database`](crate::Database)'s metrics.
///
/// # Shape
/// | | [`classic`](Self::classic) (default) | [`otel`](Self::otel) |
/// |---|---|---|
/// | connections | `database_connections_active{pool}`, `…_idle{pool}`, `…_max{pool}` | `db_client_connection_count{…_pool_name,…_state}`, `used` or `idle`; `db_client_connection_max` |
/// | tasks that wait for a connection | `database_connections_waiting` | `db_client_connection_pending_requests` |
/// | time until a connection is acquired | `database_connection_wait_seconds` | `db_client_connection_wait_time_seconds` |
/// | connections that could not be acquired, by kind of error | `database_connection_errors_total{pool,kind}` | `db_client_connection_errors_total` |
/// | finished queries | `database_queries_total{database,operation,outcome}` | the count of the duration of queries |
/// | failed queries, by kind of error | `database_query_errors_total{database,operation,kind}` | `db_client_operation_errors_total` |
/// | duration of queries | `database_query_duration_seconds{database,operation}` | `db_client_operation_duration_seconds{db_system_name,db_namespace,db_query_summary}` |
/// | rows that a query returned | `database_query_rows` | `db_client_response_returned_rows` |
/// | requests that repeated a query | `database_repeated_queries_total` | `db_client_repeated_operations_total` |
///
/// - [`abbreviated`](Self::abbreviated): the classic names with `db_` for `database_`.
/// - [`with_total`](Self::with_total): also `database_connections_total{pool}`, a gauge of the open connections.
/// - [`by_state`](Self::by_state): one gauge of the connections, `database_connections{pool,state}` with the states `used`, `idle` and
///   `max`.
///
/// # Source
/// OpenTelemetry, "Semantic conventions for database client metrics". They count errors and repetitions by no counter of their own.
///
/// ```
/// use radiosonde_metrics::Registry;
/// use radiosonde_signals::{Database, DatabaseNames, PoolState};
///
/// let registry = Registry::new();
/// let state = || PoolState { active: 3, idle: 1, max: 20, ..PoolState::default() };
/// let names = DatabaseNames::by_state();
/// let builder = Database::builder("orders").registry(&registry).namespace("valtronics");
/// let _database = builder.names(names).pool(state).build()?;
/// assert!(registry.text().contains("valtronics_database_connections{pool=\"orders\",state=\"used\"} 3\n"));
/// # Ok::<(), radiosonde_metrics::RegisterError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DatabaseNames {
    connections: Connections,
    pub(crate) queries: Queries,
}

/// The metrics of a pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Connections {
    /// What the names of all its metrics begin with.
    prefix: &'static str,
    pool: &'static str,
    state: &'static str,
    gauges: &'static [PoolGauge],
    waiting: &'static str,
    wait: &'static str,
    errors: &'static str,
}

/// A gauge of a pool's connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PoolGauge {
    suffix: &'static str,
    pub(crate) help: &'static str,
    /// What it is set to, by the value of the label with the state; that of a gauge without this label is empty.
    pub(crate) numbers: &'static [(&'static str, Number)],
}

/// The metrics of queries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Queries {
    pub(crate) prefix: &'static str,
    /// The label with the database's name.
    pub(crate) database: &'static str,
    /// The label with the database's system, if it has one.
    pub(crate) system: Option<&'static str>,
    /// The label with the query's name.
    pub(crate) operation: &'static str,
    pub(crate) queries: Option<&'static str>,
    pub(crate) errors: &'static str,
    pub(crate) duration: &'static str,
    pub(crate) rows: &'static str,
    pub(crate) repeated: &'static str,
}

const fn gauge(
    suffix: &'static str,
    help: &'static str,
    numbers: &'static [(&'static str, Number)],
) -> PoolGauge {
    PoolGauge { suffix, help, numbers }
}

const ACTIVE: PoolGauge = gauge("connections_active", "Connections in use.", &[("", Active)]);
const IDLE: PoolGauge = gauge("connections_idle", "Open connections that are idle.", &[("", Idle)]);
const MAX: PoolGauge = gauge("connections_max", "Largest number of connections.", &[("", Max)]);
const OPEN: PoolGauge = gauge("connections_total", "Open connections, in use or idle.", &[("", Open)]);
const BY_STATE: PoolGauge = gauge(
    "connections",
    "Connections by state; their largest number is the state `max`.",
    &[("used", Active), ("idle", Idle), ("max", Max)],
);
const COUNT: PoolGauge = gauge("count", "Open connections by state.", &[("used", Active), ("idle", Idle)]);
const LIMIT: PoolGauge = gauge("max", "Largest number of connections.", &[("", Max)]);

const CLASSIC: DatabaseNames = DatabaseNames {
    connections: Connections {
        prefix: "database",
        pool: "pool",
        state: "state",
        gauges: &[ACTIVE, IDLE, MAX],
        waiting: "connections_waiting",
        wait: "connection_wait_seconds",
        errors: "connection_errors_total",
    },
    queries: Queries {
        prefix: "database",
        database: "database",
        system: None,
        operation: "operation",
        queries: Some("queries_total"),
        errors: "query_errors_total",
        duration: "query_duration_seconds",
        rows: "query_rows",
        repeated: "repeated_queries_total",
    },
};

const OTEL: DatabaseNames = DatabaseNames {
    connections: Connections {
        prefix: "db_client_connection",
        pool: "db_client_connection_pool_name",
        state: "db_client_connection_state",
        gauges: &[COUNT, LIMIT],
        waiting: "pending_requests",
        wait: "wait_time_seconds",
        errors: "errors_total",
    },
    queries: Queries {
        prefix: "db_client",
        database: "db_namespace",
        system: Some("db_system_name"),
        operation: "db_query_summary",
        queries: None,
        errors: "operation_errors_total",
        duration: "operation_duration_seconds",
        rows: "response_returned_rows",
        repeated: "repeated_operations_total",
    },
};

impl DatabaseNames {
    /// `database_…`, with a gauge for each state of connections.
    #[must_use]
    pub const fn classic() -> Self {
        CLASSIC
    }

    /// The classic names with `db_` for `database_`.
    #[must_use]
    pub const fn abbreviated() -> Self {
        let connections = Connections { prefix: "db", ..CLASSIC.connections };
        Self { connections, queries: Queries { prefix: "db", ..CLASSIC.queries } }
    }

    /// The classic names, with one gauge of connections and the label `state`.
    #[must_use]
    pub const fn by_state() -> Self {
        Self { connections: Connections { gauges: &[BY_STATE], ..CLASSIC.connections }, ..CLASSIC }
    }

    /// The classic names, and `database_connections_total` for the open connections: a gauge, in spite of its name.
    #[must_use]
    pub const fn with_total() -> Self {
        Self {
            connections: Connections { gauges: &[ACTIVE, IDLE, MAX, OPEN], ..CLASSIC.connections },
            ..CLASSIC
        }
    }

    /// The names of OpenTelemetry's conventions, as Prometheus spells them.
    #[must_use]
    pub const fn otel() -> Self {
        OTEL
    }

    /// The gauges of the connections, with their names.
    pub(crate) fn gauges(&self) -> impl Iterator<Item = (String, &'static PoolGauge)> {
        let prefix = self.connections.prefix;
        self.connections.gauges.iter().map(move |gauge| (format!("{prefix}_{}", gauge.suffix), gauge))
    }

    /// The label with the pool's name.
    pub(crate) const fn pool(&self) -> &'static str {
        self.connections.pool
    }

    /// The label with the state of connections.
    pub(crate) const fn state(&self) -> &'static str {
        self.connections.state
    }

    /// The names of the gauge of waiters, the histogram of waits, and the counter of errors.
    pub(crate) fn acquiring(&self) -> [String; 3] {
        let Connections { prefix, waiting, wait, errors, .. } = self.connections;
        [waiting, wait, errors].map(|suffix| format!("{prefix}_{suffix}"))
    }
}

impl Queries {
    /// The labels that all metrics have: the system, if it is one, the database and the query.
    pub(crate) fn labels(&self) -> Vec<&'static str> {
        self.system.into_iter().chain([self.database, self.operation]).collect()
    }

    pub(crate) fn name(&self, suffix: &str) -> String {
        format!("{}_{suffix}", self.prefix)
    }
}

impl Default for DatabaseNames {
    fn default() -> Self {
        Self::classic()
    }
}
