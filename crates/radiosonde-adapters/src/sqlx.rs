//! Pools of `sqlx`, and the kinds of its errors.

use std::sync::{Mutex, PoisonError};

use radiosonde_signals::{ClassifyErrors, PoolState};
use sqlx::error::ErrorKind;
use sqlx::{Database, Error, Pool};

/// Reads the state of a pool at each scrape, for [`DatabaseBuilder::pool`](radiosonde_signals::DatabaseBuilder::pool).
///
/// It keeps the pool, as `sqlx` has no weak handle: to drop all handles does not close the pool, [`Pool::close`] does. A closed pool has
/// no connections, and is released at the next scrape.
pub fn state<DB: Database>(pool: &Pool<DB>) -> impl Fn() -> PoolState + Send + Sync + use<DB> {
    let open = Mutex::new(Some(pool.clone()));
    move || {
        let mut open = open.lock().unwrap_or_else(PoisonError::into_inner);
        let closed = open.take_if(|pool| pool.is_closed());
        let Some(pool) = &*open else {
            // Outside the lock: it may be the last handle.
            drop(open);
            drop(closed);
            return PoolState::default();
        };
        let idle = pool.num_idle() as u64;
        let active = u64::from(pool.size()).saturating_sub(idle);
        PoolState { active, idle, max: u64::from(pool.options().get_max_connections()), waiting: None }
    }
}

/// The kinds of `sqlx`'s errors, for [`DatabaseBuilder::errors`](radiosonde_signals::DatabaseBuilder::errors).
///
/// `row_not_found` is an error as any other that a query returns: `fetch_one` expects a row. A row that may be missing is an answer, which
/// `fetch_optional` returns as `None`; an alert can leave the kind out by `kind!="row_not_found"`.
#[derive(Debug, Clone, Copy)]
pub struct Errors;

impl ClassifyErrors for Errors {
    type Error = Error;

    const KINDS: &'static [&'static str] = &[
        "check_violation",
        "connection",
        "database",
        "foreign_key_violation",
        "not_null_violation",
        "row_not_found",
        "timeout",
        "unique_violation",
        "value",
    ];

    fn kind_of(error: &Error) -> &'static str {
        match error {
            Error::Database(error) => match error.kind() {
                ErrorKind::UniqueViolation => "unique_violation",
                ErrorKind::ForeignKeyViolation => "foreign_key_violation",
                ErrorKind::NotNullViolation => "not_null_violation",
                ErrorKind::CheckViolation => "check_violation",
                _ => "database",
            },
            Error::PoolTimedOut => "timeout",
            Error::RowNotFound => "row_not_found",
            Error::Io(_) | Error::Tls(_) | Error::Protocol(_) | Error::PoolClosed | Error::WorkerCrashed => {
                "connection"
            }
            Error::ColumnDecode { .. } | Error::Decode(_) | Error::Encode(_) | Error::ColumnNotFound(_) => {
                "value"
            }
            _ => "other",
        }
    }
}
