//! Stands for a database with a pool of connections.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use radiosonde::Registry;
use radiosonde::metrics::RegisterError;
use radiosonde::signals::PoolState;
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep};
use tracing::warn;

use crate::order::{Order, OrderRequest};

const CONNECTIONS: usize = 5;
const SLOW: Duration = Duration::from_millis(200);

#[derive(Debug, Clone)]
pub(crate) struct Database {
    signals: radiosonde::Database,
    connections: Arc<Semaphore>,
    rows: Arc<Mutex<HashMap<u64, Order>>>,
}

impl Database {
    pub(crate) fn open(registry: &Registry) -> Result<Self, RegisterError> {
        let connections = Arc::new(Semaphore::new(CONNECTIONS));
        let free = Arc::clone(&connections);
        // Asked at every scrape; a pool of a database driver has such numbers, too.
        let state = move || {
            let idle = free.available_permits();
            let (active, idle) = ((CONNECTIONS - idle) as u64, idle as u64);
            PoolState { active, idle, max: CONNECTIONS as u64, ..PoolState::default() }
        };
        Ok(Self {
            signals: radiosonde::Database::builder("orders")
                .registry(registry)
                .system("simulated")
                .pool(state)
                .collection("orders", &["insert_order", "update_order", "select_order"])
                .build()?,
            connections,
            rows: Arc::default(),
        })
    }

    /// Large orders take long.
    pub(crate) async fn insert(&self, request: &OrderRequest, cents: u64) -> Order {
        let took = if request.quantity < 100 { Duration::from_millis(3) } else { Duration::from_millis(300) };
        self.query("insert_order", took, |rows| {
            let id = rows.len() as u64 + 1;
            let (article, quantity) = (request.article.clone(), request.quantity);
            let order = Order { id, article, quantity, cents, paid: false };
            rows.insert(id, order.clone());
            order
        })
        .await
    }

    pub(crate) async fn mark_paid(&self, mut order: Order) -> Order {
        order.paid = true;
        self.query("update_order", Duration::from_millis(2), |rows| rows.insert(order.id, order.clone()))
            .await;
        order
    }

    pub(crate) async fn select(&self, id: u64) -> Option<Order> {
        self.query("select_order", Duration::from_millis(1), |rows| rows.get(&id).cloned()).await
    }

    async fn query<T>(
        &self,
        operation: &'static str,
        takes: Duration,
        work: impl FnOnce(&mut HashMap<u64, Order>) -> T,
    ) -> T {
        let connection = self.signals.acquire(self.connections.acquire()).await;
        let _connection = connection.expect("the semaphore is never closed");
        let started = Instant::now();
        let query = async {
            sleep(takes).await;
            work(&mut self.rows.lock().unwrap_or_else(PoisonError::into_inner))
        };
        let result = self.signals.query(operation).run_infallible_async(query).await;
        let took = started.elapsed();
        if took > SLOW {
            warn!(query = operation, duration_ms = took.as_secs_f64() * 1000.0, "slow query");
        }
        result
    }
}
