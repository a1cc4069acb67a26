use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use radiosonde_metrics::{Buckets, RegisterError};

use crate::database::database::{Database, Inner, QUERIES, Rows};
use crate::database::database_names::DatabaseNames;
use crate::database::pool_state::PoolState;
use crate::database::pools::{Declared, Pools, saturated};
use crate::database::query_span::QuerySpan;
use crate::operations::operations::Operations;
use crate::operations::set_options::{SetOptions, set_options};
use crate::operations::work_metrics::{WorkDeclaration, WorkMetrics};

/// Builder of a [`Database`].
#[must_use = "a builder declares nothing until `build`"]
pub struct DatabaseBuilder {
    name: Cow<'static, str>,
    system: Cow<'static, str>,
    db_namespace: Option<Cow<'static, str>>,
    pools: Vec<Declared>,
    collections: HashMap<&'static str, &'static str>,
    names: DatabaseNames,
    repeat_limit: u32,
    error_texts: bool,
    options: SetOptions,
}

set_options!(DatabaseBuilder, buckets, errors);

/// The bounds that OpenTelemetry's conventions advise, and those of usual objectives between them.
const SECONDS: Buckets =
    Buckets::from_static(&[0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0]);

/// The bounds that OpenTelemetry's conventions advise.
const ROWS: Buckets = Buckets::from_static(&[
    1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0, 2000.0, 5000.0, 10_000.0,
]);

/// From how many runs of a query on a unit of work repeats it.
const REPEAT_LIMIT: u32 = 10;

impl DatabaseBuilder {
    pub(crate) fn new(name: Cow<'static, str>) -> Self {
        Self {
            name,
            system: Cow::Borrowed("other_sql"),
            db_namespace: None,
            pools: Vec::new(),
            collections: HashMap::new(),
            names: DatabaseNames::classic(),
            repeat_limit: REPEAT_LIMIT,
            error_texts: false,
            options: SetOptions::new(SECONDS),
        }
    }

    /// The product, for the attribute `db.system.name`: `postgresql`, `mysql`, `sqlite` and others of OpenTelemetry's conventions. Default:
    /// `other_sql`.
    pub fn system(mut self, system: impl Into<Cow<'static, str>>) -> Self {
        self.system = system.into();
        self
    }

    /// The database within the server, for the attribute `db.namespace`. Default: none.
    pub fn db_namespace(mut self, namespace: impl Into<Cow<'static, str>>) -> Self {
        self.db_namespace = Some(namespace.into());
        self
    }

    /// The table of these queries, for the attribute `db.collection.name`. Their series exist from the start, at zero.
    pub fn collection(mut self, name: &'static str, queries: &[&'static str]) -> Self {
        self.collections.extend(queries.iter().map(|&query| (query, name)));
        self
    }

    /// Watches the pool of the connections, by the name of the database. `read` is called at every scrape and must not block.
    ///
    /// A pool is watched as long as the registry lives, so `read` should not keep the pool: let it hold a weak handle, and return
    /// [`PoolState::default`] once the pool is gone. Another pool with the same name replaces it, as after a reconnect: the older
    /// `read` is dropped.
    pub fn pool(self, read: impl Fn() -> PoolState + Send + Sync + 'static) -> Self {
        let name = self.name.clone();
        self.pool_named(name, read)
    }

    /// Like [`pool`](Self::pool), for one of several pools, such as that of a replica. The name must be unique in the process.
    pub fn pool_named(
        mut self,
        name: impl Into<Cow<'static, str>>,
        read: impl Fn() -> PoolState + Send + Sync + 'static,
    ) -> Self {
        let name = name.into();
        self.pools.retain(|(other, _)| *other != name);
        self.pools.push((name, Box::new(read)));
        self
    }

    /// The names of the metrics. Default: [`DatabaseNames::classic`].
    pub fn names(mut self, names: DatabaseNames) -> Self {
        self.names = names;
        self
    }

    /// How often a unit of work runs a query until that is reported; 0 for never. Default: 10.
    pub fn repeat_limit(mut self, runs: u32) -> Self {
        self.repeat_limit = runs;
        self
    }

    /// Writes the texts of errors to the span and the line of a failed query. Default: only their kind, as databases quote values of
    /// the query.
    pub fn error_texts(mut self) -> Self {
        self.error_texts = true;
        self
    }

    /// Declares the metrics.
    ///
    /// # Errors
    /// [`RegisterError`] if a name is refused or the registry has another metric with it.
    pub fn build(self) -> Result<Database, RegisterError> {
        let metrics = self.declare_queries()?;
        let rows = self.declare_rows()?;
        let own = self.first();
        let label = self.names.queries.database;
        let database = own.last().map(|value| (label, value.as_str()));
        let signals = metrics.golden.clone().with_item_label(self.names.queries.operation);
        let signals = signals.named(&*self.name, database);
        let signals = match &*self.pools {
            [(pool, _)] => saturated(signals, &self.options, self.names, pool),
            _ => signals,
        };
        let pools = Pools::declare(&self.options, self.names, &self.name, self.pools)?;
        signals.declare(self.options.registry());
        let queries = Operations::new(metrics, Arc::clone(&self.options.clock), own, QUERIES);
        for query in self.collections.keys() {
            let _ = queries.get(&[query]);
        }
        Ok(Database::from_parts(Inner { queries, rows, pools, signals }))
    }

    /// The values of the first labels of queries: the system, if it is one, and the database.
    fn first(&self) -> Vec<String> {
        match self.names.queries.system {
            Some(_) => {
                let namespace = self.db_namespace.as_ref().unwrap_or(&self.name);
                vec![self.system.to_string(), namespace.to_string()]
            }
            None => vec![self.name.to_string()],
        }
    }

    fn declare_queries(&self) -> Result<WorkMetrics, RegisterError> {
        let names = &self.names.queries;
        let (registry, labels) = (self.options.registry(), names.labels());
        let name = |suffix| self.options.name(&names.name(suffix));
        let (queries, errors, duration) = (names.queries.map(name), name(names.errors), name(names.duration));
        let repeated = registry
            .counter(&name(names.repeated), "Units of work that ran the same query many times.")
            .labels(&labels)?;
        let span = QuerySpan {
            system: self.system.clone(),
            namespace: self.db_namespace.clone(),
            collections: self.collections.clone(),
            repeat_limit: self.repeat_limit,
            repeated,
            first: self.first(),
        };
        let declaration = WorkDeclaration {
            calls: queries.as_deref().map(|name| (name, "Finished queries, by outcome.")),
            errors: Some((&errors, "Failed queries, by kind of error.")),
            duration: Some((&duration, "Duration of queries.")),
            buckets: self.options.buckets.clone(),
            error_texts: self.error_texts,
            ..WorkDeclaration::new("database", &labels)
        };
        declaration.declare(registry, self.options.kinds.clone(), move |query| span.open(query))
    }

    fn declare_rows(&self) -> Result<Rows, RegisterError> {
        let names = &self.names.queries;
        let name = self.options.name(&names.name(names.rows));
        let rows = self.options.registry().histogram(&name, "Rows that a query returned.").buckets(ROWS);
        Ok(Rows::new(rows.labels(&names.labels())?, self.first()))
    }
}

impl fmt::Debug for DatabaseBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DatabaseBuilder").field("name", &self.name).finish_non_exhaustive()
    }
}
