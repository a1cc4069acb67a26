use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use http::StatusCode;
use radiosonde_metrics::Counter;
use tracing::Level;

use crate::grpc::status::GrpcStatus;
use crate::lifecycle::request_outcome::RequestOutcome;

/// Decides on the access line of each request.
///
/// # Shape
/// ERROR for a failure, WARN for a client that left and a request that was shed, otherwise INFO: a client's 404 is not a warning
/// of the service, unless [`client_errors`](Self::client_errors) makes it one.
///
/// ```
/// use std::time::Duration;
///
/// use radiosonde_tower::{LineChoice, LinePolicy};
/// use tracing::Level;
///
/// let policy = LinePolicy::new()
///     .slow(Duration::from_secs(1))
///     .keep_one_in(100)
///     .rule(|request| match request.endpoint {
///         "/livez" => LineChoice::At(Level::DEBUG),
///         _ => LineChoice::Default,
///     });
/// # drop(policy);
/// ```
#[derive(Clone)]
pub struct LinePolicy {
    client_errors: Level,
    slow: Option<Duration>,
    pub(crate) keep_one_in: u32,
    rule: Option<Arc<Rule>>,
}

type Rule = dyn Fn(&EndedRequest<'_>) -> LineChoice + Send + Sync;

/// A request that has ended, as the [rule](LinePolicy::rule) of lines sees it.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct EndedRequest<'r> {
    /// The method, or `_OTHER`.
    pub method: &'static str,
    /// The route's template, `_unmatched` or `_overflow`.
    pub endpoint: &'r str,
    /// The path.
    pub path: &'r str,
    /// The status that was sent, if any was.
    pub status: Option<StatusCode>,
    /// The status of a gRPC call.
    pub grpc_status: Option<GrpcStatus>,
    /// The outcome.
    pub outcome: RequestOutcome,
    /// The time since the request's arrival.
    pub duration: Duration,
    /// Whether the response was a stream, whose duration is not a latency.
    pub is_stream: bool,
}

/// Whether an access line is written, and at which level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineChoice {
    /// The policy's decision.
    Default,
    /// Written at this level, whatever the sampling.
    At(Level),
    /// Not written.
    Skip,
}

impl LinePolicy {
    /// Every request has a line.
    #[must_use]
    pub const fn new() -> Self {
        Self { client_errors: Level::INFO, slow: None, keep_one_in: 1, rule: None }
    }

    /// Sets the level for a status from 400 to 499, and for a gRPC status other than OK; default: INFO.
    #[must_use]
    pub const fn client_errors(mut self, level: Level) -> Self {
        self.client_errors = level;
        self
    }

    /// Writes the line of a request that lasts as long as this at WARN, unless it is a stream; default: never.
    #[must_use]
    pub const fn slow(mut self, after: Duration) -> Self {
        self.slow = Some(after);
        self
    }

    /// Keeps the line of one in `n` good requests: completed, with a status below 400, and not slow. Others are always kept.
    /// Those left out are counted in `radiosonde_access_lines_sampled_out_total`. Default: 1; 0 is 1.
    #[must_use]
    pub const fn keep_one_in(mut self, n: u32) -> Self {
        self.keep_one_in = if n == 0 { 1 } else { n };
        self
    }

    /// Asks this closure first. A panic in it counts as [`LineChoice::Default`].
    #[must_use]
    pub fn rule(mut self, rule: impl Fn(&EndedRequest<'_>) -> LineChoice + Send + Sync + 'static) -> Self {
        self.rule = Some(Arc::new(rule));
        self
    }

    /// The level of the line; `None` without a line.
    pub(crate) fn decide(
        &self,
        request: &EndedRequest<'_>,
        default: Level,
        sampling: &LineSampling,
    ) -> Option<Level> {
        let asked = self.rule.as_ref().map(|rule| radiosonde_core::survive(|| rule(request)));
        match asked.flatten().unwrap_or(LineChoice::Default) {
            LineChoice::Skip => return None,
            LineChoice::At(level) => return Some(level),
            LineChoice::Default => {}
        }
        if default != Level::INFO {
            return Some(default);
        }
        // An error in gRPC has the HTTP status 200.
        let is_refused = request.grpc_status.is_some_and(|status| status != GrpcStatus::Ok);
        if is_refused || request.status.is_some_and(|status| status.is_client_error()) {
            return Some(self.client_errors);
        }
        if !request.is_stream && self.slow.is_some_and(|slow| request.duration >= slow) {
            return Some(Level::WARN);
        }
        sampling.keeps(self.keep_one_in).then_some(Level::INFO)
    }
}

impl Default for LinePolicy {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for LinePolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LinePolicy")
            .field("client_errors", &self.client_errors)
            .field("slow", &self.slow)
            .field("keep_one_in", &self.keep_one_in)
            .finish_non_exhaustive()
    }
}

/// Counts the good requests of a layer, to keep the lines of some.
#[derive(Debug)]
pub(crate) struct LineSampling {
    seen: AtomicU32,
    /// Those left out; `None` if all are kept.
    left_out: Option<Counter>,
}

impl LineSampling {
    pub(crate) fn new(left_out: Option<Counter>) -> Self {
        Self { seen: AtomicU32::new(0), left_out }
    }

    fn keeps(&self, one_in: u32) -> bool {
        if one_in <= 1 {
            return true;
        }
        // Relaxed: only the number matters.
        let is_kept = self.seen.fetch_add(1, Ordering::Relaxed).is_multiple_of(one_in);
        if let (false, Some(left_out)) = (is_kept, &self.left_out) {
            left_out.inc();
        }
        is_kept
    }
}
