use radiosonde_core::Outcome;
use tracing::Span;

use crate::exchange::Record;
use crate::side::Role;

/// Writes the one line of an exchange, as an event of its span.
pub(crate) fn write(span: &Span, record: &Record<'_>) {
    // A macro, because an event's level and target are part of its callsite.
    macro_rules! line {
        ($level:ident, $target:literal) => {
            tracing::$level!(
                target: $target,
                parent: span,
                method = record.method,
                path = record.path,
                // As on the wire; absent where there was no response.
                status = record.code.map(|code| code.as_u16()),
                duration_ms = record.duration.as_secs_f64() * 1000.0,
                endpoint = record.endpoint,
                outcome = record.outcome.as_str(),
                "{} {} {}",
                record.method,
                record.endpoint,
                record.status,
            )
        };
    }
    match (record.role, record.outcome) {
        (Role::Server, Outcome::Completed) => line!(info, "radiosonde::access"),
        (Role::Server, Outcome::Aborted) => line!(warn, "radiosonde::access"),
        (Role::Server, _) => line!(error, "radiosonde::access"),
        (Role::Client, Outcome::Completed) if !record.code.is_some_and(|code| code.is_client_error()) => {
            line!(debug, "radiosonde::client");
        }
        (Role::Client, _) => line!(warn, "radiosonde::client"),
    }
}
