//! Pools of `deadpool`, and of the crates that are built on it.

use deadpool::managed::{Manager, Object, Pool};
use radiosonde_signals::PoolState;

/// Reads the state of a pool at each scrape, for [`DbPool::builder`](radiosonde_signals::DbPool::builder).
pub fn state<M, W>(pool: &Pool<M, W>) -> impl Fn() -> PoolState + Send + Sync + use<M, W>
where
    M: Manager,
    W: From<Object<M>>,
{
    let pool = pool.clone();
    move || {
        let status = pool.status();
        PoolState {
            active: status.size.saturating_sub(status.available) as u64,
            idle: status.available as u64,
            max: status.max_size as u64,
        }
    }
}
