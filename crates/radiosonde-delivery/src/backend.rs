use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};

use crate::Endpoint;

/// What a sink knows of its backend: how a batch becomes a request, and what an answer means.
///
/// Both methods run on the delivery thread, which all sinks share: they must not block. A panic in one is caught; the batch is
/// dropped as `panic` and the backend is used again, so it must not be left half changed.
pub trait Backend: Send + 'static {
    /// What is queued.
    type Item: Send + 'static;

    /// Where requests go. An `https` endpoint needs the feature `tls`.
    fn endpoint(&self) -> &Endpoint;

    /// Makes one request of a batch, which is never empty.
    ///
    /// Called once for a batch, whose request is then repeated as it is, and again for each half if the batch is split or after
    /// [`Verdict::EncodeAgain`]. The client adds `content-length` and, if absent, `host` and `user-agent`.
    ///
    /// # Errors
    /// [`EncodeError`] if the batch cannot be expressed; it is dropped as `encode`. So is a request with a header that the HTTP
    /// client sets itself ([`InvalidHeaderKind::Transport`](crate::InvalidHeaderKind::Transport)).
    fn encode(&mut self, batch: &[Self::Item]) -> Result<Request<Bytes>, EncodeError>;

    /// Says what an answer means for the `items` of its batch. The body is cut off after 64 KiB.
    ///
    /// Not called when there was no answer: a connection that failed, broke or timed out is retried.
    fn judge(&mut self, response: &Response<Bytes>, items: usize) -> Verdict;
}

/// What an answer means for its batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// Accepted, except for `rejected` items, which are counted as dropped for `reason`.
    Delivered {
        /// How many the backend took out; more than the batch holds counts as all.
        rejected: u64,
        /// Why, as the `reason` label; not used if none were rejected.
        reason: &'static str,
    },
    /// Not now: the same request is sent again, after the server's wait if it gave one.
    Retry {
        /// The server's `Retry-After`, see [`retry_after`](crate::retry_after).
        after: Option<Duration>,
    },
    /// Too large, see [`is_too_large`](crate::is_too_large): each half is sent on its own. A batch of one item is dropped as `too_large`.
    Split,
    /// Not in this form: the batch is encoded again and sent at once, by a backend that has learned from the answer how. Only
    /// once for a batch; the second time it is dropped as `refused`.
    EncodeAgain,
    /// Never: the batch is dropped for `reason`.
    Drop {
        /// Why, as the `reason` label.
        reason: &'static str,
        /// What the reader of the diagnostic may do about it; may be empty.
        hint: &'static str,
    },
}

impl Verdict {
    /// All of it accepted.
    pub const DELIVERED: Self = Self::Delivered { rejected: 0, reason: "rejected" };

    /// Dropped for this reason, without a hint.
    #[must_use]
    pub const fn dropped(reason: &'static str) -> Self {
        Self::Drop { reason, hint: "" }
    }
}

/// A batch that cannot be made into a request.
#[derive(Debug)]
pub struct EncodeError {
    what: &'static str,
    cause: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl EncodeError {
    /// Names the step that failed.
    #[must_use]
    pub const fn new(what: &'static str) -> Self {
        Self { what, cause: None }
    }

    /// Names the step that failed, and why.
    pub fn because(what: &'static str, cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self { what, cause: Some(cause.into()) }
    }
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot {}", self.what)
    }
}

impl std::error::Error for EncodeError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.cause {
            Some(cause) => Some(cause.as_ref()),
            None => None,
        }
    }
}
