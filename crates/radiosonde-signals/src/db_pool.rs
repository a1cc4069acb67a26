use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use radiosonde_core::{SharedClock, SystemClock};
use radiosonde_metrics::collect::{Collection, Collector};
use radiosonde_metrics::model::{Kind, LabelSet, Number};
use radiosonde_metrics::{DynFamily, Histogram, RegisterError, Registry};

/// Instruments a database connection pool: its connections and the duration of its queries.
///
/// # Metrics
/// - `database_connections_active{pool}`, `database_connections_idle{pool}` and `database_connections_max{pool}`, read from
///   the pool itself at each scrape.
/// - `database_query_duration_seconds{operation}`, with an exemplar. The operation is a name you choose, such as
///   `select_order`, never the text of the query.
///
/// ```
/// use radiosonde_metrics::Registry;
/// use radiosonde_signals::{DbPool, PoolState};
///
/// let registry = Registry::new();
/// let state = || PoolState { active: 3, idle: 7, max: 20 };
/// let pool = DbPool::builder("orders", state).registry(&registry).build()?;
/// {
///     let _query = pool.query("select_order");
///     // The query runs here; the timer also ends at an early return.
/// }
/// let text = registry.text();
/// assert!(text.contains("database_connections_active{pool=\"orders\"} 3\n"));
/// assert!(text.contains("database_query_duration_seconds_count{operation=\"select_order\"} 1\n"));
/// # Ok::<(), radiosonde_metrics::RegisterError>(())
/// ```
#[derive(Debug, Clone)]
pub struct DbPool {
    queries: DynFamily<Histogram>,
    clock: SharedClock,
}

/// The connections of a pool at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PoolState {
    /// Connections in use.
    pub active: u64,
    /// Open connections that are idle.
    pub idle: u64,
    /// The largest number of connections.
    pub max: u64,
}

impl DbPool {
    /// Watches a pool whose state `read` returns. `read` is called at every scrape and must not block; `name` identifies the pool.
    /// Default: the global registry and the system's clock.
    pub fn builder(
        name: impl Into<String>,
        read: impl Fn() -> PoolState + Send + Sync + 'static,
    ) -> DbPoolBuilder {
        let (name, read) = (name.into(), Box::new(read));
        DbPoolBuilder { name, read, registry: None, clock: Arc::new(SystemClock) }
    }

    /// Times a query until the guard is dropped, however it ends.
    pub fn query(&self, operation: &str) -> QueryTimer {
        let started = self.clock.monotonic();
        QueryTimer { duration: self.queries.handle(&[operation]), clock: Arc::clone(&self.clock), started }
    }
}

/// Builder of a [`DbPool`].
#[must_use]
pub struct DbPoolBuilder {
    name: String,
    read: ReadState,
    registry: Option<Registry>,
    clock: SharedClock,
}

type ReadState = Box<dyn Fn() -> PoolState + Send + Sync>;

impl DbPoolBuilder {
    /// The registry that the metrics are in. Default: [`Registry::global`].
    pub fn registry(mut self, registry: &Registry) -> Self {
        self.registry = Some(registry.clone());
        self
    }

    /// The clock that measures durations. Default: the system's.
    pub fn clock(mut self, clock: SharedClock) -> Self {
        self.clock = clock;
        self
    }

    /// Starts to watch the pool, for as long as the registry lives. Watching another pool with the same name replaces it, as after
    /// a reconnect: the older `read` is dropped.
    ///
    /// # Errors
    /// [`RegisterError`] if the registry has another metric named `database_query_duration_seconds`.
    pub fn build(self) -> Result<DbPool, RegisterError> {
        let registry = self.registry.as_ref().unwrap_or_else(|| Registry::global());
        let help = "Time from a query's start to its end.";
        let queries = registry.histogram("database_query_duration_seconds", help).unit("seconds");
        let queries = queries.labels(&["operation"])?;
        let connections =
            Connections { labels: LabelSet::new([("pool", self.name.as_str())]), read: self.read };
        registry.collect_as(&format!("database_connections/{}", self.name), connections);
        Ok(DbPool { queries, clock: self.clock })
    }
}

impl fmt::Debug for DbPoolBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DbPoolBuilder").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Times a query of a [`DbPool`] until it is dropped.
#[must_use = "the query is timed until this is dropped"]
#[derive(Debug)]
pub struct QueryTimer {
    duration: Histogram,
    clock: SharedClock,
    started: Duration,
}

impl QueryTimer {
    /// How long the query has taken so far.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.clock.monotonic().saturating_sub(self.started)
    }
}

impl Drop for QueryTimer {
    fn drop(&mut self) {
        self.duration.observe_duration(self.elapsed());
    }
}

struct Connections {
    labels: LabelSet,
    read: ReadState,
}

impl Collector for Connections {
    fn collect(&self, out: &mut Collection) {
        let PoolState { active, idle, max } = (self.read)();
        for (name, help, value) in [
            ("database_connections_active", "Connections in use.", active),
            ("database_connections_idle", "Open connections that are idle.", idle),
            ("database_connections_max", "Largest number of connections.", max),
        ] {
            out.family(name, help, Kind::Gauge).number(self.labels.clone(), Number::Unsigned(value));
        }
    }
}

impl fmt::Debug for Connections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connections").field("labels", &self.labels).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pool_that_is_watched_again_reports_the_newer_state() {
        let registry = Registry::new();
        let watch = |name, read: ReadState| DbPool::builder(name, read).registry(&registry).build().unwrap();
        let older = Arc::new(());
        let kept = Arc::clone(&older);
        let state = move || PoolState { active: Arc::strong_count(&kept) as u64, ..PoolState::default() };
        watch("orders", Box::new(state));
        watch("stock", Box::new(|| PoolState { active: 7, ..PoolState::default() }));
        watch("orders", Box::new(|| PoolState { active: 9, ..PoolState::default() }));
        let snapshot = registry.snapshot();
        assert_eq!(snapshot.value("database_connections_active", &[("pool", "orders")]), Some(9.0));
        assert_eq!(snapshot.value("database_connections_active", &[("pool", "stock")]), Some(7.0));
        let faults = "radiosonde_metrics_collector_errors_total";
        assert!(snapshot.family(faults).is_some());
        assert_eq!(snapshot.sum(faults, &[]), 0.0);
        assert_eq!(Arc::strong_count(&older), 1, "the older one is dropped");
    }
}
