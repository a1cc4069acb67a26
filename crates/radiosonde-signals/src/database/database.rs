use std::borrow::Cow;
use std::fmt::Display;
use std::sync::Arc;

use radiosonde_metrics::{DynFamily, Histogram};
use tracing::Span;

use crate::bounded_names::BoundedNames;
use crate::database::database_builder::DatabaseBuilder;
use crate::database::pools::Pools;
use crate::golden::GoldenSignals;
use crate::operations::operation::Operation;
use crate::operations::operations::Operations;

/// The golden signals of a database: its queries, and the pools of its connections.
///
/// # Metrics
/// - `database_queries_total{database,operation,outcome}`: traffic.
/// - `database_query_errors_total{database,operation,kind}`: errors, by a [kind](crate::ErrorKind) from a fixed set.
/// - `database_query_duration_seconds{database,operation}`: latency, with an exemplar.
/// - `database_query_rows{database,operation}`: rows that queries [returned](Self::fetch).
/// - `database_repeated_queries_total{database,operation}`: requests that ran the same query many times.
/// - `database_connections_active{pool}`, `database_connections_idle{pool}` and `database_connections_max{pool}`, read from the pool
///   at each scrape.
/// - `database_connections_waiting{pool}`: tasks that wait for a connection.
/// - `database_connection_wait_seconds{pool}`: time until a connection was [acquired](Self::acquire).
/// - `database_connection_errors_total{pool,kind}`: connections that could not be acquired; `timeout` is an exhausted pool.
///
/// # Golden signals
/// - `database`, with the database's name: its queries, and the saturation of its pool, if it has one only.
/// - `database_pool`, with the name of each pool: latency is the wait for a connection, traffic the number of these waits, errors are the
///   connections that could not be acquired, and saturation is the active connections divided by their largest number. A
///   database that cannot be reached fails here, before any query. They are those of [`acquiring`](Self::acquiring).
///
/// The label `operation` is a name that you choose, such as `select_order`, never the text of a query. [`DatabaseNames`](crate::DatabaseNames) has
/// other spellings of all names.
///
/// ```promql
/// histogram_quantile(0.95, sum by (le, operation) (rate(database_query_duration_seconds_bucket[5m])))
/// sum by (operation) (rate(database_queries_total[5m]))
/// sum by (operation, kind) (rate(database_query_errors_total[5m]))
/// max by (pool) (database_connections_active / database_connections_max)
/// ```
///
/// # Spans
/// A query is a span of kind client, named like the query, with `db.system.name`, `db.query.summary` and, where they are known, `db.namespace`,
/// `db.collection.name` and `db.response.returned_rows`. It has neither the text of the query nor its values; databases quote
/// values in their errors, so it has the kind of an error, and its text only by [choice](DatabaseBuilder::error_texts).
///
/// # Repeated queries
/// A request that runs one query for each row of another is slow. The tenth run of a query within a request, or within the outermost
/// operation, writes one event at INFO, counts in `database_repeated_queries_total`, and annotates the line and the span of the request
/// with `db.repeated_query` and `db.repeated_query.count`. A request reports the first query that reaches the limit.
///
/// # Cost
/// That of an [`Operation`]'s call, and a lock that no other task waits for. A known query is found without a lock and without an
/// allocation.
///
/// ```
/// use radiosonde_metrics::Registry;
/// use radiosonde_signals::{Database, PoolState};
///
/// # async fn acquire() -> Result<(), std::io::Error> { Ok(()) }
/// # async fn select(_: ()) -> Result<Vec<u64>, std::io::Error> { Ok(vec![7]) }
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let registry = Registry::new();
/// // `radiosonde-adapters` has the state of sqlx's and deadpool's pools.
/// let state = || PoolState { active: 3, idle: 7, max: 20, ..PoolState::default() };
/// let database = Database::builder("orders").registry(&registry).system("postgresql").pool(state).build()?;
///
/// let connection = database.acquire(acquire()).await?;
/// let orders = database.fetch_async("select_orders", select(connection), Vec::len).await?;
/// assert_eq!(orders, [7]);
///
/// let text = registry.text();
/// assert!(text.contains("database_connections_active{pool=\"orders\"} 3\n"));
/// assert!(text.contains("database_connection_wait_seconds_count{pool=\"orders\"} 1\n"));
/// assert!(text.contains("database_query_duration_seconds_count{database=\"orders\",operation=\"select_orders\"} 1\n"));
/// assert!(text.contains("database_query_rows_sum{database=\"orders\",operation=\"select_orders\"} 1\n"));
/// assert_eq!(database.signals().saturation().unwrap().share(&registry.snapshot()), Some(0.15));
/// # Ok(())
/// # }
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(run())?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Database(Arc<Inner>);

#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) queries: Operations,
    pub(crate) rows: Rows,
    pub(crate) pools: Pools,
    pub(crate) signals: GoldenSignals,
}

/// The rows that queries returned, by the name of the query.
#[derive(Debug)]
pub(crate) struct Rows {
    family: DynFamily<Histogram>,
    /// The values of the first labels, the same for all.
    first: Vec<String>,
    known: BoundedNames<Histogram>,
}

impl Rows {
    pub(crate) fn new(family: DynFamily<Histogram>, first: Vec<String>) -> Self {
        // One more for `_overflow`.
        Self { family, first, known: BoundedNames::new(QUERIES.0, QUERIES.1 + 1) }
    }

    fn observe(&self, query: &str, rows: usize) {
        let histogram = || {
            let values: Vec<&str> = self.first.iter().map(String::as_str).chain([query]).collect();
            self.family.handle(&values)
        };
        if let Some(known) = self.known.admit(query, histogram) {
            #[allow(clippy::cast_precision_loss, reason = "no memory holds 2^53 rows")]
            known.observe(rows as f64);
        }
    }
}

/// The limit of queries, and what they are in a report of the limit.
pub(crate) const QUERIES: (&str, usize) = ("queries of a database", 200);

impl Database {
    /// Declares a database, by the name that its metrics have as a label.
    pub fn builder(name: impl Into<Cow<'static, str>>) -> DatabaseBuilder {
        DatabaseBuilder::new(name.into())
    }

    pub(crate) fn from_parts(inner: Inner) -> Self {
        Self(Arc::new(inner))
    }

    /// A query, by a name such as `select_order`, to be run or tracked. At most 200; all further ones are `_overflow`.
    ///
    /// # Cost
    /// A known query is found without a lock and without an allocation.
    #[must_use]
    pub fn query(&self, name: &str) -> Operation {
        self.0.queries.get(&[name])
    }

    /// Runs a query that returns rows, whose number `rows` reads from the result: it is observed as `database_query_rows`, and is the
    /// attribute `db.response.returned_rows` of the query's span.
    ///
    /// ```
    /// # use radiosonde_metrics::Registry;
    /// # use radiosonde_signals::Database;
    /// # let database = Database::builder("orders").registry(&Registry::new()).build()?;
    /// let order = database.fetch("select_order", || Ok::<_, std::io::Error>(Some(7)), |order| order.iter().len());
    /// assert_eq!(order.unwrap(), Some(7));
    /// # Ok::<(), radiosonde_metrics::RegisterError>(())
    /// ```
    ///
    /// # Errors
    /// What `work` returned.
    pub fn fetch<T, E: Display + 'static>(
        &self,
        query: &str,
        work: impl FnOnce() -> Result<T, E>,
        rows: impl FnOnce(&T) -> usize,
    ) -> Result<T, E> {
        let query = self.query(query);
        query.run(|| work().inspect(|found| self.0.record_rows(query.name(), rows(found))))
    }

    /// Like [`fetch`](Self::fetch), for asynchronous queries. The query begins when the future is first polled.
    pub fn fetch_async<F, T, E, R>(
        &self,
        query: &str,
        work: F,
        rows: R,
    ) -> impl Future<Output = Result<T, E>> + use<F, T, E, R>
    where
        F: Future<Output = Result<T, E>>,
        E: Display + 'static,
        R: FnOnce(&T) -> usize,
    {
        let (inner, query) = (Arc::clone(&self.0), self.query(query));
        let named = query.clone();
        query.run_async(
            async move { work.await.inspect(|found| inner.record_rows(named.name(), rows(found))) },
        )
    }

    /// Records the rows that a query returned, where [`fetch`](Self::fetch) cannot read their number from the result, such as those of a
    /// stream. To be called within the query: after it, its span has ended and does not get the attribute
    /// `db.response.returned_rows`.
    pub fn returned(&self, query: &str, rows: usize) {
        self.0.record_rows(self.query(query).name(), rows);
    }

    /// Acquires a connection: measures the wait, and counts those that wait and those that failed. The wait begins when the future is
    /// first polled.
    ///
    /// Acquired before the query, so that the query's duration has no wait in it. The connection is of the pool that is named like the
    /// database, or else of the first that was declared; [`acquiring`](Self::acquiring) is for others, and for pools that block.
    pub fn acquire<F, T, E>(&self, connection: F) -> impl Future<Output = Result<T, E>> + use<F, T, E>
    where
        F: Future<Output = Result<T, E>>,
        E: Display + 'static,
    {
        self.0.pools.own().run_async(connection)
    }

    /// The wait for a connection of a pool, to be run or tracked. The first name of a pool that was not declared is reported, and
    /// all of them count as `_overflow`.
    ///
    /// ```
    /// use radiosonde_metrics::Registry;
    /// use radiosonde_signals::{Database, PoolState};
    ///
    /// let registry = Registry::new();
    /// let database = Database::builder("orders").registry(&registry).pool_named("replica", PoolState::default).build()?;
    /// let connection = database.acquiring("replica").run(|| Err::<(), _>("connection refused"));
    /// assert!(connection.is_err());
    /// assert!(registry.text().contains("database_connection_errors_total{kind=\"other\",pool=\"replica\"} 1\n"));
    /// let errors = database.acquiring("replica").signals().errors().unwrap().sum(&registry.snapshot());
    /// assert_eq!(errors, 1.0);
    /// # Ok::<(), radiosonde_metrics::RegisterError>(())
    /// ```
    #[must_use]
    pub fn acquiring(&self, pool: &str) -> Operation {
        self.0.pools.find(pool).clone()
    }

    /// Where the golden signals of the queries are. The saturation is that of the pool, if the database has one; with several, each
    /// has its own.
    #[must_use]
    pub fn signals(&self) -> &GoldenSignals {
        &self.0.signals
    }
}

impl Inner {
    /// Within the query.
    fn record_rows(&self, query: &str, rows: usize) {
        self.rows.observe(query, rows);
        Span::current().record("db.response.returned_rows", rows);
    }
}
