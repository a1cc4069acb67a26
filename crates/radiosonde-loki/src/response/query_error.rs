use std::fmt;

use http::StatusCode;
use radiosonde_delivery::RequestError;

/// How much of a refusal is kept.
const MESSAGE_BYTES: usize = 2048;

/// A query that failed.
#[derive(Debug)]
#[non_exhaustive]
pub enum QueryError {
    /// There was no response: nobody to connect to, too late, broken off or too long.
    Request(RequestError),
    /// Loki, or a proxy before it, refused.
    Refused(Refusal),
    /// The response is not Loki's.
    Malformed(MalformedResponse),
    /// The expression gives something else than what was asked for, such as numbers in place of lines.
    OtherKind {
        /// What was asked for.
        wanted: &'static str,
        /// What the expression gives.
        found: &'static str,
    },
    /// The expression or a name is longer than a URL can be.
    TooLong {
        /// How long the parameters are.
        bytes: usize,
    },
    /// Loki ended a tail.
    Closed {
        /// The code of RFC 6455, section 7.4.
        code: u16,
        /// Loki's words.
        message: Box<str>,
    },
}

impl QueryError {
    /// Whether the same query may succeed later: no response, 429, or a failure on the server's side.
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

    /// The refusal, if it is one.
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
            Self::Request(_) => f.write_str("no answer from loki"),
            Self::Refused(refusal) => refusal.fmt(f),
            Self::Malformed(_) => f.write_str("the answer is not one of loki's"),
            Self::OtherKind { wanted, found } => {
                write!(f, "the expression gives {found}, asked for were {wanted}")
            }
            Self::TooLong { bytes } => {
                write!(f, "parameters of {bytes} bytes are too long for a URL; allowed are about 64000")
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

    /// The status: 400 for an expression that Loki does not understand or limits that it does not grant.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        self.status
    }

    /// Loki's own words, such as `parse error at line 1, col 15: syntax error: unexpected $end, expecting STRING`: on one line,
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

/// What somebody else wrote, so that it cannot break a line of ours.
pub(crate) fn one_line(text: &str) -> Box<str> {
    let mut line: String = text.trim().chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if line.len() > MESSAGE_BYTES {
        let end = (0..=MESSAGE_BYTES).rev().find(|&at| line.is_char_boundary(at)).unwrap_or(0);
        line.truncate(end);
    }
    line.into()
}

/// A successful response that cannot be understood.
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
        f.write_str("the answer cannot be read")
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
    fn a_refusal_is_one_line_of_bounded_length() {
        let refusal = Refusal::new(StatusCode::BAD_REQUEST, b" a\r\nb\x1b[31m\n");
        assert_eq!(refusal.to_string(), "loki answered 400: a  b [31m");
        assert_eq!(Refusal::new(StatusCode::BAD_GATEWAY, b"").to_string(), "loki answered 502");
        let long = Refusal::new(StatusCode::BAD_REQUEST, "ü".repeat(2000).as_bytes());
        assert_eq!(long.message().len(), 2048);
        let odd = Refusal::new(StatusCode::BAD_REQUEST, format!("a{}", "ü".repeat(2000)).as_bytes());
        assert_eq!(odd.message().len(), 2047);
    }

    #[test]
    fn what_may_pass_by_itself_is_transient() {
        let refused = |status| QueryError::Refused(Refusal::new(StatusCode::from_u16(status).unwrap(), b""));
        assert!([429, 500, 503].into_iter().all(|status| refused(status).is_transient()));
        assert!([400, 401, 404].into_iter().all(|status| !refused(status).is_transient()));
        let closed = |code| QueryError::Closed { code, message: "".into() };
        assert!(closed(1001).is_transient() && !closed(1011).is_transient());
    }
}
