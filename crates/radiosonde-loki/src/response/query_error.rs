use std::fmt;

use http::StatusCode;
use radiosonde_delivery::RequestError;

/// The longest text kept of an error response.
const MESSAGE_BYTES: usize = 2048;

/// A query that failed.
#[derive(Debug)]
#[non_exhaustive]
pub enum QueryError {
    /// No complete response: no connection, a timeout, or a response that is incomplete or too long.
    Request(RequestError),
    /// Loki, or a proxy in front of it, responded with an error status.
    Refused(Refusal),
    /// The response is not one of Loki's.
    Malformed(MalformedResponse),
    /// The result has another kind than the method returns, such as numbers instead of lines.
    OtherKind {
        /// The expected kind.
        wanted: &'static str,
        /// The kind of the result.
        found: &'static str,
    },
    /// The expression or a name is longer than a URL can be.
    TooLong {
        /// The length of the parameters.
        bytes: usize,
    },
    /// Loki ended a tail.
    Closed {
        /// The code of RFC 6455, section 7.4.
        code: u16,
        /// Loki's message.
        message: Box<str>,
    },
}

impl QueryError {
    /// Whether the same query may succeed later: no response, 429, or a server error.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Request(_) => true,
            Self::Refused(refusal) => refusal.status.is_server_error() || refusal.status.as_u16() == 429,
            // 1001 and 1012 to 1014: going away, restart, try again later, bad gateway.
            Self::Closed { code, .. } => matches!(code, 1001 | 1012..=1014),
            _ => false,
        }
    }

    /// The error response, if there is one.
    #[must_use]
    pub const fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Refused(refusal) => Some(refusal),
            _ => None,
        }
    }
}

impl fmt::Display for QueryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Request(_) => f.write_str("no response from loki"),
            Self::Refused(refusal) => refusal.fmt(f),
            Self::Malformed(_) => f.write_str("the response is not one of loki's"),
            Self::OtherKind { wanted, found } => {
                write!(f, "the result of the query is {found}: expected {wanted}")
            }
            Self::TooLong { bytes } => {
                write!(
                    f,
                    "query parameters of {bytes} bytes are too long for a URL: expected at most about 64000"
                )
            }
            Self::Closed { code, message } => write!(f, "loki ended the tail with code {code}: {message}"),
        }
    }
}

impl std::error::Error for QueryError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Request(error) => Some(error),
            Self::Malformed(error) => Some(error),
            Self::Refused(_) | Self::OtherKind { .. } | Self::TooLong { .. } | Self::Closed { .. } => None,
        }
    }
}

/// A response with an error status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    status: StatusCode,
    message: Box<str>,
}

impl Refusal {
    pub(crate) fn new(status: StatusCode, body: &[u8]) -> Self {
        Self { status, message: one_line(&String::from_utf8_lossy(body)) }
    }

    /// The status: 400 for an invalid expression or an exceeded limit.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        self.status
    }

    /// Loki's message, such as `parse error at line 1, col 15: syntax error: unexpected $end, expecting STRING`: on one line,
    /// at most 2 KiB.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "loki answered {}", self.status.as_u16())?;
        if self.message.is_empty() { Ok(()) } else { write!(f, ": {}", self.message) }
    }
}

impl std::error::Error for Refusal {}

/// A foreign text on one line of bounded length.
pub(crate) fn one_line(text: &str) -> Box<str> {
    let mut line: String = text.trim().chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if line.len() > MESSAGE_BYTES {
        let end = (0..=MESSAGE_BYTES).rev().find(|&at| line.is_char_boundary(at)).unwrap_or(0);
        line.truncate(end);
    }
    line.into()
}

/// A successful response that could not be parsed.
#[derive(Debug)]
pub struct MalformedResponse {
    cause: Box<dyn std::error::Error + Send + Sync>,
}

impl MalformedResponse {
    pub(crate) fn because(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> QueryError {
        QueryError::Malformed(Self { cause: cause.into() })
    }
}

impl fmt::Display for MalformedResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the response cannot be parsed")
    }
}

impl std::error::Error for MalformedResponse {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(self.cause.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_of_an_error_response_is_one_line_of_bounded_length() {
        let refusal = Refusal::new(StatusCode::BAD_REQUEST, b" a\r\nb\x1b[31m\n");
        assert_eq!(refusal.to_string(), "loki answered 400: a  b [31m");
        assert_eq!(Refusal::new(StatusCode::BAD_GATEWAY, b"").to_string(), "loki answered 502");
        let long = Refusal::new(StatusCode::BAD_REQUEST, "ü".repeat(2000).as_bytes());
        assert_eq!(long.message().len(), 2048);
        let odd = Refusal::new(StatusCode::BAD_REQUEST, format!("a{}", "ü".repeat(2000)).as_bytes());
        assert_eq!(odd.message().len(), 2047);
    }

    #[test]
    fn errors_that_may_pass_are_transient() {
        let refused = |status| QueryError::Refused(Refusal::new(StatusCode::from_u16(status).unwrap(), b""));
        assert!([429, 500, 503].into_iter().all(|status| refused(status).is_transient()));
        assert!([400, 401, 404].into_iter().all(|status| !refused(status).is_transient()));
        let closed = |code| QueryError::Closed { code, message: "".into() };
        assert!(closed(1001).is_transient() && !closed(1011).is_transient());
    }
}
