use radiosonde_core::Outcome;
use tracing::Span;

use crate::exchange::Record;
use crate::side::Role;

/// Writes the one line of an exchange, as an event of its span.
#[allow(clippy::cast_precision_loss, reason = "285 years of microseconds are exact")]
pub(crate) fn write(span: &Span, record: &Record<'_>) {
    // Whole microseconds: finer digits are noise.
    let duration_ms = record.duration.as_micros() as f64 / 1000.0;
    // The server's endpoint is the span's `http.route`, which the line inherits.
    let server = (record.role == Role::Client).then_some(record.endpoint);
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
                duration_ms,
                server,
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
        (Role::Client, Outcome::Completed) if record.code.is_some_and(|code| !code.is_client_error()) => {
            line!(debug, "radiosonde::client");
        }
        (Role::Client, _) => line!(warn, "radiosonde::client"),
    }
}
