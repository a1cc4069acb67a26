use std::error::Error;
use std::fmt;
use std::time::Duration;

use http::Uri;

use crate::transport::header::InvalidHeader;
use crate::transport::http_transport::SendError;

/// A request without a complete response.
///
/// The URL's path and query are not repeated, because they may hold secrets.
#[derive(Debug)]
pub struct RequestError {
    server: Box<str>,
    kind: RequestErrorKind,
    cause: Option<Box<dyn Error + Send + Sync>>,
}

/// Why there is no response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RequestErrorKind {
    /// Not sent: the request has a header that the client sets itself. The cause names it.
    Header,
    /// No connection: the name is unknown, the connection is refused, or the certificate is not trusted.
    Connect,
    /// No complete response within the client's timeout.
    Timeout {
        /// The timeout.
        after: Duration,
    },
    /// The connection ended before the complete response, or the response is not HTTP.
    Broken,
    /// The response is longer than the client's limit.
    TooLarge {
        /// The limit.
        limit_bytes: usize,
    },
    /// The client's thread has ended, which happens only when the process exits.
    Ended,
}

impl RequestError {
    pub(crate) fn new(uri: &Uri, kind: RequestErrorKind) -> Self {
        let scheme = uri.scheme_str().unwrap_or_default();
        let authority = uri.authority().map_or("", |authority| authority.as_str());
        Self { server: format!("{scheme}://{authority}").into(), kind, cause: None }
    }

    pub(super) fn because(mut self, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.cause = Some(cause.into());
        self
    }

    pub(super) fn refused(uri: &Uri, header: InvalidHeader) -> Self {
        Self::new(uri, RequestErrorKind::Header).because(header)
    }

    pub(crate) fn of(uri: &Uri, error: SendError) -> Self {
        match error {
            SendError::Timeout(after) => Self::new(uri, RequestErrorKind::Timeout { after }),
            SendError::Broken(error) if error.is_connect() => {
                Self::new(uri, RequestErrorKind::Connect).because(error)
            }
            SendError::Broken(error) => Self::new(uri, RequestErrorKind::Broken).because(error),
        }
    }

    pub(super) fn ended() -> Self {
        Self { server: "the server".into(), kind: RequestErrorKind::Ended, cause: None }
    }

    /// Why there is no response.
    #[must_use]
    pub const fn kind(&self) -> RequestErrorKind {
        self.kind
    }
}

impl fmt::Display for RequestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let server = &self.server;
        match self.kind {
            RequestErrorKind::Header => write!(f, "a header of the request to {server} is refused"),
            RequestErrorKind::Connect => write!(f, "cannot connect to {server}"),
            RequestErrorKind::Timeout { after } => {
                write!(f, "no complete response from {server} within {after:?}")
            }
            RequestErrorKind::Broken => write!(f, "the response of {server} is incomplete or not HTTP"),
            RequestErrorKind::TooLarge { limit_bytes } => {
                write!(f, "the response of {server} is longer than the limit of {limit_bytes} bytes")
            }
            RequestErrorKind::Ended => {
                write!(f, "cannot send to {server}: the client's thread has ended")
            }
        }
    }
}

impl Error for RequestError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.cause {
            Some(cause) => Some(cause.as_ref()),
            None => None,
        }
    }
}
