//! The orders that were looked at last.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use radiosonde::Registry;
use radiosonde::metrics::RegisterError;
use radiosonde::signals::{CacheSize, EvictionCause};

use crate::order::Order;

const CAPACITY: usize = 100;

#[derive(Debug, Clone)]
pub(crate) struct Cache {
    signals: radiosonde::signals::Cache,
    /// The oldest first.
    orders: Arc<Mutex<VecDeque<Order>>>,
}

impl Cache {
    pub(crate) fn new(registry: &Registry) -> Result<Self, RegisterError> {
        let signals = radiosonde::signals::Cache::builder("orders");
        let signals = signals.capacity(CAPACITY as u64).registry(registry).build()?;
        let orders = Arc::<Mutex<VecDeque<Order>>>::default();
        let watched = Arc::clone(&orders);
        signals.watch(move || CacheSize { entries: lock(&watched).len() as u64, bytes: None });
        Ok(Self { signals, orders })
    }

    /// An order that is paid does not change any more, so it is kept.
    pub(crate) async fn get_or_load(
        &self,
        id: u64,
        load: impl Future<Output = Option<Order>>,
    ) -> Option<Order> {
        let kept = async { lock(&self.orders).iter().find(|order| order.id == id).cloned().map(Some) };
        let load = async {
            let loaded = load.await;
            loaded.iter().filter(|order| order.paid).for_each(|order| self.keep(order.clone()));
            Ok::<_, Infallible>(loaded)
        };
        self.signals.get_or_load_async(kept, load).await.unwrap_or_else(|never| match never {})
    }

    fn keep(&self, order: Order) {
        let mut orders = lock(&self.orders);
        if orders.len() == CAPACITY {
            orders.pop_front();
            self.signals.evicted(EvictionCause::Size);
        }
        orders.push_back(order);
    }
}

fn lock(orders: &Mutex<VecDeque<Order>>) -> MutexGuard<'_, VecDeque<Order>> {
    orders.lock().unwrap_or_else(PoisonError::into_inner)
}
