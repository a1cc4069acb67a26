//! Pools of `sqlx`.

use radiosonde_signals::PoolState;
use sqlx::{Database, Pool};

/// Reads the state of a pool at each scrape, for [`DbPool::builder`](radiosonde_signals::DbPool::builder).
pub fn state<DB: Database>(pool: &Pool<DB>) -> impl Fn() -> PoolState + Send + Sync + use<DB> {
    let pool = pool.clone();
    move || {
        let idle = pool.num_idle() as u64;
        PoolState {
            active: u64::from(pool.size()).saturating_sub(idle),
            idle,
            max: u64::from(pool.options().get_max_connections()),
        }
    }
}
