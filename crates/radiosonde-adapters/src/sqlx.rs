//! Pools of `sqlx`, and the kinds of its errors.

use radiosonde_signals::{ClassifyErrors, PoolState};
use sqlx::error::ErrorKind;
use sqlx::{Database, Error, Pool};

/// Reads the state of a pool at each scrape, for [`DatabaseBuilder::pool`](radiosonde_signals::DatabaseBuilder::pool).
pub fn state<DB: Database>(pool: &Pool<DB>) -> impl Fn() -> PoolState + Send + Sync + use<DB> {
    let pool = pool.clone();
    move || {
        let idle = pool.num_idle() as u64;
        let active = u64::from(pool.size()).saturating_sub(idle);
        PoolState { active, idle, max: u64::from(pool.options().get_max_connections()), waiting: None }
    }
}

/// The kinds of `sqlx`'s errors, for [`DatabaseBuilder::errors`](radiosonde_signals::DatabaseBuilder::errors).
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
