//! A database over a pool of `deadpool`, whose connections are numbers.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::convert::Infallible;
use std::pin::pin;
use std::task::{Context, Waker};
use std::time::Duration;

use deadpool::managed::{Manager, Metrics, Pool, PoolError, RecycleResult, Timeouts};
use radiosonde_adapters::deadpool::{Errors, state};
use radiosonde_metrics::Registry;
use radiosonde_signals::Database;

#[derive(Debug)]
struct Numbers;

impl Manager for Numbers {
    type Type = u32;
    type Error = Infallible;

    async fn create(&self) -> Result<u32, Infallible> {
        Ok(7)
    }

    async fn recycle(&self, _: &mut u32, _: &Metrics) -> RecycleResult<Infallible> {
        Ok(())
    }
}

fn open() -> (Registry, Pool<Numbers>, Database) {
    let pool = Pool::builder(Numbers).max_size(2).build().unwrap();
    let registry = Registry::new();
    let builder = Database::builder("orders").registry(&registry).errors::<Errors<Infallible>>();
    let database = builder.pool(state(&pool)).build().unwrap();
    (registry, pool, database)
}

/// Active, idle, largest number, waiting.
fn connections(registry: &Registry) -> [f64; 4] {
    let now = registry.snapshot();
    ["active", "idle", "max", "waiting"]
        .map(|of| now.value(&format!("database_connections_{of}"), &[("pool", "orders")]).unwrap())
}

#[tokio::test]
async fn the_pool_knows_who_waits_also_without_the_wrapper() {
    let (registry, pool, database) = open();
    assert_eq!(connections(&registry), [0.0, 0.0, 2.0, 0.0]);
    let first = pool.get().await.unwrap();
    let second = database.acquire(pool.get()).await.unwrap();
    assert_eq!((*first, connections(&registry)), (7, [2.0, 0.0, 2.0, 0.0]));

    let mut cx = Context::from_waker(Waker::noop());
    let mut wrapped = pin!(database.acquire(pool.get()));
    let mut plain = pin!(pool.get());
    assert!(wrapped.as_mut().poll(&mut cx).is_pending() && plain.as_mut().poll(&mut cx).is_pending());
    assert_eq!(connections(&registry), [2.0, 0.0, 2.0, 2.0]);
    assert_eq!(database.signals().saturation().unwrap().share(&registry.snapshot()), Some(1.0));

    drop(first);
    let third = wrapped.await.unwrap();
    assert_eq!(connections(&registry), [2.0, 0.0, 2.0, 1.0]);
    drop(second);
    drop(plain.await.unwrap());
    drop(third);
    assert_eq!(connections(&registry), [0.0, 2.0, 2.0, 0.0]);
}

#[tokio::test]
async fn a_pool_that_is_dropped_is_closed_and_has_no_connections() {
    let (registry, pool, database) = open();
    let kept = pool.get().await.unwrap();
    assert_eq!(connections(&registry), [1.0, 0.0, 2.0, 0.0]);
    let weak = pool.weak();
    drop(pool);
    assert!(weak.upgrade().is_none());
    assert_eq!(connections(&registry), [0.0; 4]);
    // As without a pool.
    let mut cx = Context::from_waker(Waker::noop());
    let mut waits = pin!(database.acquire(std::future::pending::<Result<(), Infallible>>()));
    assert!(waits.as_mut().poll(&mut cx).is_pending());
    assert_eq!(connections(&registry), [0.0, 0.0, 0.0, 1.0]);
    assert_eq!(*kept, 7);
}

#[tokio::test]
async fn a_connection_that_is_not_there_in_time_counts_as_a_timeout() {
    let (registry, pool, database) = open();
    let kept = [pool.get().await.unwrap(), pool.get().await.unwrap()];
    let at_once = Timeouts { wait: Some(Duration::ZERO), ..Timeouts::new() };
    let refused = database.acquire(pool.timeout_get(&at_once)).await;
    assert!(matches!(refused, Err(PoolError::Timeout(_))));
    pool.close();
    assert!(matches!(database.acquire(pool.get()).await, Err(PoolError::Closed)));
    let errors = |kind| {
        registry.snapshot().value("database_connection_errors_total", &[("kind", kind), ("pool", "orders")])
    };
    let kinds = ["timeout", "closed", "connection", "other"].map(errors);
    assert_eq!((kinds, kept.len()), ([Some(1.0), Some(1.0), Some(0.0), Some(0.0)], 2));
}
