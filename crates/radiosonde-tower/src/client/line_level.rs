use std::time::Duration;

use http::StatusCode;
use radiosonde_core::Outcome;
use tracing::Level;

use crate::grpc::status::GrpcStatus;

/// Decides on the level of each call's line; `None` leaves it out.
///
/// Implemented for closures, and for `()`, which takes the [default](EndedCall::default_level). A panic in it counts as the default.
///
/// ```
/// use radiosonde_metrics::Registry;
/// use radiosonde_tower::{ClientLayer, EndedCall};
/// use tracing::Level;
///
/// // A lookup that finds nothing is as good as one that does.
/// let by_rule = |call: &EndedCall<'_>| match call.status {
///     Some(http::StatusCode::NOT_FOUND) => Some(Level::DEBUG),
///     _ => Some(call.default_level),
/// };
/// let layer = ClientLayer::builder().registry(&Registry::new()).line_level(by_rule).build()?;
/// # drop(layer);
/// # Ok::<(), radiosonde_metrics::RegisterError>(())
/// ```
pub trait LineLevel: Send + Sync {
    /// The level of the line of this call.
    fn line_level(&self, call: &EndedCall<'_>) -> Option<Level>;
}

/// A call that has ended, as the rule for its line sees it.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct EndedCall<'c> {
    /// The method, or `_OTHER`.
    pub method: &'static str,
    /// Host and port of the server, `_unknown` or `_overflow`.
    pub server: &'c str,
    /// The path.
    pub path: &'c str,
    /// The status of the response, if there was one.
    pub status: Option<StatusCode>,
    /// The status of a gRPC call.
    pub grpc_status: Option<GrpcStatus>,
    /// The outcome.
    pub outcome: Outcome,
    /// The time since the request was sent.
    pub duration: Duration,
    /// How often the request had been sent before.
    pub resend_count: u32,
    /// ERROR for a panic, WARN for a failure, for a call that its caller dropped before it had a response, and for a status of 400
    /// and more; otherwise DEBUG.
    pub default_level: Level,
}

impl LineLevel for () {
    fn line_level(&self, call: &EndedCall<'_>) -> Option<Level> {
        Some(call.default_level)
    }
}

impl<F: Fn(&EndedCall<'_>) -> Option<Level> + Send + Sync> LineLevel for F {
    fn line_level(&self, call: &EndedCall<'_>) -> Option<Level> {
        self(call)
    }
}
