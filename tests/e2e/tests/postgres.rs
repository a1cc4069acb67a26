//! A `Database` over pools of a real PostgreSQL: under load, its numbers are those of the server.
#![allow(clippy::unwrap_used, reason = "what a helper cannot do fails its test")]

use std::sync::Arc;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use deadpool_postgres::{Manager, Pool};
use e2e::{Jaeger, Postgres, SpanKind, SpanStatus, wait_for};
use radiosonde_core::Resource;
use radiosonde_delivery::{Delivery, SinkOptions};
use radiosonde_metrics::Registry;
use radiosonde_otlp::OtlpOptions;
use radiosonde_signals::{ClassifyErrors, Database, DatabaseBuilder, Operation};
use radiosonde_trace::{TracePipeline, context_of};
use serde_json::json;
use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use tokio::runtime::Runtime;
use tokio::task::JoinSet;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, NoTls};
use tracing::dispatcher::{Dispatch, with_default};
use tracing::info_span;
use tracing_subscriber::layer::SubscriberExt as _;

const SOON: Duration = Duration::from_secs(30);
const CONNECTIONS: u32 = 3;
const TASKS: u32 = 10;
/// What a query has that no signal may have.
const SECRET: &str = "ada@example.com";

/// Whether a callsite is enabled is decided again with each subscriber, and a thread without one must not be in the middle of it: the tests run one
/// after the other.
static IN_TURN: Mutex<()> = Mutex::new(());

fn in_turn() -> MutexGuard<'static, ()> {
    IN_TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

/// A connection of the test's own.
async fn connect(postgres: &Postgres) -> Client {
    let mut config = tokio_postgres::Config::new();
    config.host_path(postgres.host()).user("postgres").application_name("test");
    let (client, connection) = config.connect(NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

async fn open_sqlx(postgres: &Postgres) -> PgPool {
    let options =
        PgConnectOptions::new().socket(postgres.host()).username("postgres").application_name("orders");
    PgPoolOptions::new().max_connections(CONNECTIONS).connect_with(options).await.unwrap()
}

fn open_deadpool(postgres: &Postgres) -> Pool {
    let mut config = tokio_postgres::Config::new();
    config.host_path(postgres.host()).user("postgres").application_name("orders");
    Pool::builder(Manager::new(config, NoTls)).max_size(CONNECTIONS as usize).build().unwrap()
}

fn declare(registry: &Registry) -> DatabaseBuilder {
    Database::builder("orders").registry(registry).system("postgresql").db_namespace("postgres")
}

/// The connections of the pool as the server sees them, with those that a query keeps busy.
async fn seen_by_server(server: &Client) -> (f64, f64) {
    let sql = "SELECT count(*), count(*) FILTER (WHERE state = 'active') FROM pg_stat_activity WHERE application_name = 'orders'";
    let row = server.query_one(sql, &[]).await.unwrap();
    let [open, active] = [0, 1].map(|column| row.get::<_, i64>(column));
    (f64::from(i32::try_from(open).unwrap()), f64::from(i32::try_from(active).unwrap()))
}

/// Active, idle, largest number, waiting.
fn seen_by_scrape(registry: &Registry) -> [f64; 4] {
    let now = registry.snapshot();
    ["active", "idle", "max", "waiting"]
        .map(|of| now.value(&format!("database_connections_{of}"), &[("pool", "orders")]).unwrap())
}

/// Locks what every task of the load waits for.
const LOCK: &str = "SELECT pg_advisory_lock(7)";
const UNLOCK: &str = "SELECT pg_advisory_unlock(7)";
const WAIT_FOR_LOCK: &str = "SELECT pg_advisory_xact_lock(7)";

/// Checks the numbers while `load` has more tasks than connections, all of which wait for the lock, and after that.
fn load(
    runtime: &Runtime,
    server: &Client,
    registry: &Registry,
    database: &Database,
    load: impl FnOnce() -> JoinSet<()>,
) {
    let in_time = |what: &str, expected: ([f64; 4], (f64, f64))| {
        wait_for(what, SOON, || {
            let found = (seen_by_scrape(registry), runtime.block_on(seen_by_server(server)));
            if found == expected { Ok(()) } else { Err(format!("{found:?}").into()) }
        });
    };
    runtime.block_on(server.batch_execute(LOCK)).unwrap();
    let tasks = {
        let _entered = runtime.enter();
        load()
    };
    let (all, waiting) = (f64::from(CONNECTIONS), f64::from(TASKS - CONNECTIONS));
    in_time("a full pool", ([all, 0.0, all, waiting], (all, all)));
    let saturation = database.signals().saturation().unwrap();
    assert_eq!(saturation.share(&registry.snapshot()), Some(1.0));
    runtime.block_on(server.batch_execute(UNLOCK)).unwrap();
    assert_eq!(runtime.block_on(tasks.join_all()).len(), TASKS as usize);
    in_time("an idle pool", ([0.0, all, all, 0.0], (all, 0.0)));
    let now = registry.snapshot();
    let waits = now.sum("database_connection_wait_seconds", &[("pool", "orders")]);
    assert_eq!((waits, saturation.share(&now)), (f64::from(TASKS), Some(0.0)));
}

/// Checks that a query of at least 300 ms is in the bucket of its duration, and in no lower one.
fn assert_is_slow(registry: &Registry, query: &str) {
    let of = format!("{{database=\"orders\",operation=\"{query}\"");
    let text = registry.text();
    let value = |start: &str| {
        let line = text.lines().find(|line| line.starts_with(start)).unwrap();
        line.split(' ').nth(1).unwrap().parse::<f64>().unwrap()
    };
    let took = value(&format!("database_query_duration_seconds_sum{of}}}"));
    assert!(took >= 0.3, "{took}");
    for bound in [0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0] {
        let bucket = value(&format!("database_query_duration_seconds_bucket{of},le=\"{bound}\"}}"));
        assert_eq!(bucket, f64::from(u8::from(took <= bound)), "{bound}\n{text}");
    }
}

fn errors(registry: &Registry, query: &str, kind: &str) -> Option<f64> {
    let labels = [("database", "orders"), ("kind", kind), ("operation", query)];
    registry.snapshot().value("database_query_errors_total", &labels)
}

#[test]
fn the_numbers_of_a_pool_of_sqlx_are_those_of_the_server() {
    let _turn = in_turn();
    let Some(postgres) = Postgres::start() else { return };
    let (runtime, registry) = (runtime(), Registry::new());
    let (server, pool) = runtime.block_on(async { (connect(&postgres).await, open_sqlx(&postgres).await) });
    let builder = declare(&registry).pool(radiosonde_adapters::sqlx::state(&pool));
    let database = builder.errors::<radiosonde_adapters::sqlx::Errors>().build().unwrap();
    load(&runtime, &server, &registry, &database, || {
        let mut tasks = JoinSet::new();
        for _ in 0..TASKS {
            let (database, pool) = (database.clone(), pool.clone());
            tasks.spawn(async move {
                let mut connection = database.acquire(pool.acquire()).await.unwrap();
                let query = sqlx::query(WAIT_FOR_LOCK).execute(&mut *connection);
                database.query("wait_for_lock").run_async(query).await.unwrap();
            });
        }
        tasks
    });
    runtime.block_on(async {
        let slow = sqlx::query("SELECT pg_sleep(0.3)").execute(&pool);
        database.query("sleep").run_async(slow).await.unwrap();
        let table = "CREATE TABLE customers (email TEXT PRIMARY KEY)";
        database.query("create_table").run_async(sqlx::query(table).execute(&pool)).await.unwrap();
        let insert = || sqlx::query("INSERT INTO customers VALUES ($1)").bind(SECRET).execute(&pool);
        database.query("insert_customer").run_async(insert()).await.unwrap();
        database.query("insert_customer").run_async(insert()).await.unwrap_err();
    });
    assert_is_slow(&registry, "sleep");
    assert_eq!(errors(&registry, "insert_customer", "unique_violation"), Some(1.0));
    assert_eq!(errors(&registry, "insert_customer", "other"), Some(0.0));
    assert!(!registry.text().contains(SECRET));
}

/// The kinds of the errors of `tokio-postgres`.
struct PostgresErrors;

impl ClassifyErrors for PostgresErrors {
    type Error = tokio_postgres::Error;

    const KINDS: &'static [&'static str] = &["connection", "database", "unique_violation"];

    fn kind_of(error: &tokio_postgres::Error) -> &'static str {
        match error.code() {
            Some(&SqlState::UNIQUE_VIOLATION) => "unique_violation",
            Some(_) => "database",
            None => "connection",
        }
    }
}

#[test]
fn the_numbers_of_a_pool_of_deadpool_are_those_of_the_server() {
    let _turn = in_turn();
    let Some(postgres) = Postgres::start() else { return };
    let (runtime, registry) = (runtime(), Registry::new());
    let (server, pool) = (runtime.block_on(connect(&postgres)), open_deadpool(&postgres));
    let builder = declare(&registry).pool(radiosonde_adapters::deadpool::state(&pool));
    let database = builder.errors::<PostgresErrors>().build().unwrap();
    load(&runtime, &server, &registry, &database, || {
        let mut tasks = JoinSet::new();
        for _ in 0..TASKS {
            let (database, pool) = (database.clone(), pool.clone());
            tasks.spawn(async move {
                let connection = database.acquire(pool.get()).await.unwrap();
                let query = connection.batch_execute(WAIT_FOR_LOCK);
                database.query("wait_for_lock").run_async(query).await.unwrap();
            });
        }
        tasks
    });
    runtime.block_on(async {
        let connection = database.acquire(pool.get()).await.unwrap();
        let run = async |query: &Operation, sql: &str| query.run_async(connection.batch_execute(sql)).await;
        run(&database.query("sleep"), "SELECT pg_sleep(0.3)").await.unwrap();
        run(&database.query("create_table"), "CREATE TABLE customers (email TEXT PRIMARY KEY)")
            .await
            .unwrap();
        let insert = format!("INSERT INTO customers VALUES ('{SECRET}')");
        run(&database.query("insert_customer"), &insert).await.unwrap();
        run(&database.query("insert_customer"), &insert).await.unwrap_err();
        run(&database.query("insert_customer"), "INSERT INTO nowhere VALUES (1)").await.unwrap_err();
    });
    assert_is_slow(&registry, "sleep");
    for (kind, count) in [("unique_violation", 1.0), ("database", 1.0), ("connection", 0.0)] {
        assert_eq!(errors(&registry, "insert_customer", kind), Some(count), "{kind}");
    }
}

/// Runs `work` with a pipeline that exports to Jaeger, and waits until every span is delivered.
fn export<T>(jaeger: &Jaeger, registry: &Registry, work: impl FnOnce() -> T) -> T {
    let resource = Resource::new("orders");
    let delivery = Delivery::builder().registry(registry).start().unwrap();
    let sink = OtlpOptions::new(jaeger.otlp_http_url())
        .sink(SinkOptions::new("otlp"))
        .build_spans(&resource, &delivery);
    let pipeline =
        TracePipeline::builder(&resource).registry(registry).sink(Arc::new(sink.unwrap())).build().unwrap();
    let dispatch = Dispatch::new(tracing_subscriber::registry().with(pipeline.layer()));
    let returned = with_default(&dispatch, work);
    assert_eq!(delivery.shutdown_blocking(SOON).dropped(), 0);
    returned
}

#[test]
fn spans_of_queries_have_the_conventions_attributes_and_no_values() {
    let _turn = in_turn();
    let Some(postgres) = Postgres::start() else { return };
    let Some(jaeger) = Jaeger::start() else { return };
    let (runtime, registry) = (runtime(), Registry::new());
    let pool = runtime.block_on(open_sqlx(&postgres));
    let builder = declare(&registry).collection("customers", &["insert_customer"]);
    let database = builder.errors::<radiosonde_adapters::sqlx::Errors>().build().unwrap();
    let trace = export(&jaeger, &registry, || {
        let request = info_span!("request");
        let work = async {
            let connection = database.acquire(pool.acquire()).await;
            let mut connection = connection.unwrap();
            sqlx::raw_sql("CREATE TABLE customers (email TEXT PRIMARY KEY)")
                .execute(&mut *connection)
                .await
                .unwrap();
            for _ in 0..2 {
                let insert = sqlx::query("INSERT INTO customers VALUES ($1)").bind(SECRET);
                let insert = async {
                    let inserted = insert.execute(&mut *connection).await?;
                    database.returned("insert_customer", 0);
                    Ok::<_, sqlx::Error>(inserted)
                };
                let _ = database.query("insert_customer").run_async(insert).await;
            }
        };
        // On this thread, whose subscriber it is.
        request.in_scope(|| runtime.block_on(work));
        context_of(&request).unwrap().trace_id().to_string()
    });

    let spans = wait_for("four spans", SOON, || {
        let spans = jaeger.spans(&trace)?;
        if spans.len() == 4 { Ok(spans) } else { Err(format!("{} spans", spans.len()).into()) }
    });
    let request = spans.iter().find(|span| span.name == "request").unwrap();
    let mut queries: Vec<_> = spans.iter().filter(|span| span.name == "insert_customer").collect();
    queries.sort_by_key(|span| span.start);
    for query in &queries {
        assert!(query.is_child_of(request));
        assert_eq!(query.kind, SpanKind::Client);
        for (key, value) in [
            ("db.system.name", "postgresql"),
            ("db.namespace", "postgres"),
            ("db.collection.name", "customers"),
            ("db.query.summary", "insert_customer"),
        ] {
            assert_eq!(query.attributes[key], json!(value));
        }
    }
    let statuses: Vec<_> = queries.iter().map(|query| query.status).collect();
    assert_eq!(statuses, [SpanStatus::Unset, SpanStatus::Error]);
    assert_eq!(queries[0].attributes["db.response.returned_rows"], json!(0));
    assert_eq!(queries[1].attributes["error.type"], json!("unique_violation"));
    assert!(!format!("{spans:?}").contains(SECRET), "{spans:#?}");
    let acquire = spans.iter().find(|span| span.name == "acquire connection").unwrap();
    assert!(acquire.is_child_of(request));
    assert_eq!(acquire.attributes["db.client.connection.pool.name"], json!("orders"));
}
