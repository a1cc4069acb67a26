//! Pools of `deadpool`, and of the crates that are built on it.

use std::marker::PhantomData;

use deadpool::managed::{Manager, Object, Pool, PoolError};
use radiosonde_signals::{ClassifyErrors, PoolState};

/// Reads the state of a pool at each scrape, for [`DatabaseBuilder::pool`](radiosonde_signals::DatabaseBuilder::pool). The pool
/// knows how many wait for a connection. It is not kept: once the pool is dropped, it has no connections.
pub fn state<M, W>(pool: &Pool<M, W>) -> impl Fn() -> PoolState + Send + Sync + use<M, W>
where
    M: Manager,
    W: From<Object<M>>,
{
    let pool = pool.weak();
    move || {
        let Some(pool) = pool.upgrade() else { return PoolState::default() };
        let status = pool.status();
        PoolState {
            active: status.size.saturating_sub(status.available) as u64,
            idle: status.available as u64,
            max: status.max_size as u64,
            waiting: Some(status.waiting as u64),
        }
    }
}

/// The kinds of the errors of a pool whose connections fail with `E`, for
/// [`DatabaseBuilder::errors`](radiosonde_signals::DatabaseBuilder::errors).
#[derive(Debug, Clone, Copy)]
pub struct Errors<E>(PhantomData<E>);

impl<E: 'static> ClassifyErrors for Errors<E> {
    type Error = PoolError<E>;

    const KINDS: &'static [&'static str] = &["closed", "connection", "timeout"];

    fn kind_of(error: &PoolError<E>) -> &'static str {
        match error {
            PoolError::Timeout(_) => "timeout",
            PoolError::Closed => "closed",
            PoolError::Backend(_) | PoolError::PostCreateHook(_) => "connection",
            PoolError::NoRuntimeSpecified => "other",
        }
    }
}
