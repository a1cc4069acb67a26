use http::header::{ALLOW, CONNECTION, CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER, VARY};
use http::{Response, StatusCode};

use crate::serving::body::MetricsBody;
use crate::serving::meters::Outcome;

/// Why a request gets no metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(dead_code, reason = "some are the listener's alone, which is a feature")]
pub(crate) enum Refused {
    /// It is neither GET nor HEAD.
    Method,
    /// Every coding is refused, the plain body included.
    Coding,
    /// A `name[]` is not percent-encoded UTF-8.
    Name,
    /// Too many are in flight.
    Busy,
    /// Gathering takes longer than the scraper waits.
    Late,
    /// Gathering panicked, or there is no thread for it.
    Failed,
    /// Its path is not `/metrics`.
    Path,
    /// It has a body.
    Body,
    /// It shows no credentials, or none that are known.
    Credentials,
}

impl Refused {
    pub(crate) const fn outcome(self) -> Outcome {
        match self {
            Self::Method | Self::Coding | Self::Name => Outcome::Refused,
            Self::Busy => Outcome::Busy,
            Self::Late => Outcome::TimedOut,
            Self::Failed => Outcome::Failed,
            Self::Path => Outcome::NotFound,
            Self::Body => Outcome::TooLarge,
            Self::Credentials => Outcome::Unauthorized,
        }
    }

    pub(crate) fn response(self) -> Response<MetricsBody> {
        let (status, text) = match self {
            Self::Method => (StatusCode::METHOD_NOT_ALLOWED, "allowed are GET and HEAD\n"),
            Self::Coding => (StatusCode::NOT_ACCEPTABLE, "every coding of the body is refused\n"),
            Self::Name => (StatusCode::BAD_REQUEST, "a name[] is not percent-encoded UTF-8\n"),
            Self::Busy => (StatusCode::SERVICE_UNAVAILABLE, "too many scrapes at a time\n"),
            Self::Late => (StatusCode::SERVICE_UNAVAILABLE, "a collector takes too long\n"),
            Self::Failed => (StatusCode::INTERNAL_SERVER_ERROR, "the metrics cannot be gathered\n"),
            Self::Path => (StatusCode::NOT_FOUND, "metrics are at /metrics\n"),
            Self::Body => (StatusCode::PAYLOAD_TOO_LARGE, "a scrape has no body\n"),
            Self::Credentials => (StatusCode::UNAUTHORIZED, "credentials are required\n"),
        };
        let mut response = Response::new(MetricsBody::new(Some(text.into()), None));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
        if let Some((name, value)) = self.header() {
            headers.insert(name, HeaderValue::from_static(value));
        }
        response
    }

    const fn header(self) -> Option<(HeaderName, &'static str)> {
        match self {
            Self::Method => Some((ALLOW, "GET, HEAD")),
            Self::Coding => Some((VARY, VARIES_BY)),
            Self::Busy => Some((RETRY_AFTER, "1")),
            // What is left of the body is not read.
            Self::Body => Some((CONNECTION, "close")),
            Self::Late | Self::Failed | Self::Name | Self::Path | Self::Credentials => None,
        }
    }
}

/// The headers of a request that its answer depends on.
pub(crate) const VARIES_BY: &str = "accept, accept-encoding";
