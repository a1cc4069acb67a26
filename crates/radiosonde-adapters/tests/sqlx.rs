//! A database over a pool of `sqlx`: SQLite, in memory.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::pin::pin;
use std::task::{Context, Waker};
use std::time::Duration;

use radiosonde_adapters::sqlx::{Errors, state};
use radiosonde_metrics::Registry;
use radiosonde_signals::Database;
use sqlx::sqlite::{SqlitePool, SqlitePoolOptions};

/// A database with one connection.
async fn open() -> (Registry, SqlitePool, Database) {
    let options = SqlitePoolOptions::new().max_connections(1).acquire_timeout(Duration::from_millis(20));
    let pool = options.connect("sqlite::memory:").await.unwrap();
    let registry = Registry::new();
    let builder = Database::builder("orders").registry(&registry).system("sqlite").errors::<Errors>();
    let database = builder.pool(state(&pool)).build().unwrap();
    (registry, pool, database)
}

fn value(registry: &Registry, metric: &str, labels: &[(&str, &str)]) -> f64 {
    registry.snapshot().value(metric, labels).unwrap()
}

#[tokio::test]
async fn the_connections_of_a_pool_are_read_at_the_scrape() {
    let (registry, pool, database) = open().await;
    let connections = || {
        ["active", "idle", "max"]
            .map(|of| value(&registry, &format!("database_connections_{of}"), &[("pool", "orders")]))
    };
    assert_eq!(connections(), [0.0, 1.0, 1.0]);
    let connection = database.acquire(pool.acquire()).await.unwrap();
    assert_eq!(connections(), [1.0, 0.0, 1.0]);
    assert_eq!(database.signals().saturation().unwrap().share(&registry.snapshot()), Some(1.0));
    let refused = database.acquire(pool.acquire()).await;
    assert!(refused.is_err());
    let kind = |kind| [("kind", kind), ("pool", "orders")];
    assert_eq!(value(&registry, "database_connection_errors_total", &kind("timeout")), 1.0);
    assert_eq!(value(&registry, "database_connection_errors_total", &kind("connection")), 0.0);
    connection.close().await.unwrap();
    assert_eq!(connections(), [0.0, 0.0, 1.0]);
}

#[tokio::test]
async fn a_closed_pool_has_no_connections() {
    let (registry, pool, _database) = open().await;
    let kept = pool.acquire().await.unwrap();
    let numbers = || {
        ["active", "idle", "max"]
            .map(|of| value(&registry, &format!("database_connections_{of}"), &[("pool", "orders")]))
    };
    assert_eq!(numbers(), [1.0, 0.0, 1.0]);
    // As when a time limit ends the wait for those that are in use.
    let mut cx = Context::from_waker(Waker::noop());
    assert!(pin!(pool.close()).as_mut().poll(&mut cx).is_pending());
    assert_eq!(numbers(), [0.0; 3]);
    drop(kept);
    assert_eq!(numbers(), [0.0; 3]);
}

#[tokio::test]
async fn errors_of_queries_are_counted_by_what_went_wrong() {
    let (registry, pool, database) = open().await;
    let run = |name, sql: &'static str| {
        let (query, pool) = (database.query(name), pool.clone());
        async move { query.run_async(sqlx::raw_sql(sql).execute(&pool)).await.is_ok() }
    };
    let table = "CREATE TABLE orders (id INTEGER PRIMARY KEY, article TEXT NOT NULL, cents INTEGER CHECK (cents > 0))";
    assert!(run("create_table", table).await);
    assert!(run("insert_order", "INSERT INTO orders VALUES (1, 'balloon', 250)").await);
    assert!(!run("insert_order", "INSERT INTO orders VALUES (1, 'balloon', 250)").await);
    assert!(!run("insert_order", "INSERT INTO orders VALUES (2, NULL, 250)").await);
    assert!(!run("insert_order", "INSERT INTO orders VALUES (2, 'balloon', 0)").await);
    assert!(!run("insert_order", "INSERT INTO nowhere VALUES (2)").await);
    let missing = sqlx::query("SELECT id FROM orders WHERE id = 9").fetch_one(&pool);
    assert!(database.query("select_order").run_async(missing).await.is_err());
    let maybe = sqlx::query("SELECT id FROM orders WHERE id = 9").fetch_optional(&pool);
    let maybe = database.fetch_async("find_order", maybe, |row| row.iter().len()).await;
    assert!(maybe.unwrap().is_none());
    let rows = sqlx::query("SELECT id FROM orders").fetch_all(&pool);
    assert_eq!(database.fetch_async("select_orders", rows, Vec::len).await.unwrap().len(), 1);

    let errors = |operation, kind| {
        let labels = [("database", "orders"), ("kind", kind), ("operation", operation)];
        value(&registry, "database_query_errors_total", &labels)
    };
    for kind in ["unique_violation", "not_null_violation", "check_violation", "database"] {
        assert_eq!(errors("insert_order", kind), 1.0, "{kind}");
    }
    assert_eq!(errors("select_order", "row_not_found"), 1.0);
    assert_eq!(errors("find_order", "row_not_found"), 0.0, "a row that may be missing is an answer");
    assert_eq!(errors("insert_order", "other") + errors("select_order", "other"), 0.0);
    let labels = [("database", "orders"), ("operation", "insert_order"), ("outcome", "completed")];
    assert_eq!(value(&registry, "database_queries_total", &labels), 1.0);
    let returned = "database_query_rows_sum{database=\"orders\",operation=\"select_orders\"} 1\n";
    assert!(registry.text().contains(returned));
}
