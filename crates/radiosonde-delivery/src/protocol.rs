use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;
use http::{Request, Response};

use crate::response::disposition::Disposition;
use crate::transport::endpoint::Endpoint;
use crate::transport::http_version::HttpVersion;

/// The wire protocol of a backend: how a batch becomes a request, and what a response means for the batch.
///
/// `encode`, `classify` and `error_text` run on the delivery thread, which all sinks share: they must not block. A panic in one is
/// caught; the batch is dropped as `panic` and the protocol is used again, so a panic must not leave it half changed.
pub trait Protocol: Send + 'static {
    /// What is queued.
    type Item: Send + 'static;

    /// Where requests go. An `https` endpoint needs the feature `tls`.
    fn endpoint(&self) -> &Endpoint;

    /// The version of HTTP that the backend speaks, asked for once. Default: HTTP/1.1.
    fn http_version(&self) -> HttpVersion {
        HttpVersion::Http1
    }

    /// Makes one request of a batch, which is never empty.
    ///
    /// Called once for a batch, whose request is then repeated as it is, and again for each half if the batch is split or after
    /// [`Disposition::EncodeAgain`]. The client adds `content-length` and, if absent, `host` and `user-agent`; for HTTP/2 also
    /// `te: trailers`.
    ///
    /// # Errors
    /// [`EncodeError`] if the batch cannot be expressed; it is dropped as `encode`. So is a request with a header that the HTTP
    /// client sets itself ([`InvalidHeaderKind::Transport`](crate::InvalidHeaderKind::Transport)).
    fn encode(&mut self, batch: &[Self::Item]) -> Result<Request<Bytes>, EncodeError>;

    /// Classifies the response to a batch of `items`. Its body is cut off after 64 KiB; [`Trailers`](crate::Trailers) are an
    /// extension of it. A sink with several batches in flight classifies their responses in any order.
    ///
    /// Not called without a response: a connection that failed, broke or timed out is retried.
    fn classify(&mut self, response: &Response<Bytes>, items: usize) -> Disposition;

    /// The text of a response that is no success, for the diagnostic. Default: its body.
    fn error_text<'r>(&self, response: &'r Response<Bytes>) -> Cow<'r, str> {
        String::from_utf8_lossy(response.body())
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
