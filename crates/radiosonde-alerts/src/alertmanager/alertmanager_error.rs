use std::fmt;

use bytes::Bytes;
use http::{Response, StatusCode};
use radiosonde_delivery::RequestError;

use crate::alert_limit::cut;

/// The longest text kept of an error response.
const MESSAGE_BYTES: usize = 1024;

/// A request to Alertmanager that failed.
#[derive(Debug)]
#[non_exhaustive]
pub enum AlertmanagerError {
    /// No complete response: no connection, a timeout, or a response that is incomplete or too long.
    Request(RequestError),
    /// Alertmanager, or a proxy in front of it, responded with an error status.
    Refused {
        /// The status: 400 for a silence that is invalid, 404 for one that does not exist.
        status: StatusCode,
        /// The message of the response, on one line.
        message: Box<str>,
    },
    /// The response is not one of Alertmanager's.
    Malformed(Box<dyn std::error::Error + Send + Sync>),
    /// Not sent: no silence has this id.
    InvalidId {
        /// The id.
        id: Box<str>,
    },
}

impl AlertmanagerError {
    pub(super) fn refused(response: &Response<Bytes>) -> Self {
        let text = String::from_utf8_lossy(response.body());
        // Its errors are JSON strings or objects.
        let text = text.trim().trim_matches('"');
        let mut message: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        cut(&mut message, MESSAGE_BYTES);
        Self::Refused { status: response.status(), message: message.into() }
    }

    pub(super) fn malformed(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Malformed(cause.into())
    }
}

impl fmt::Display for AlertmanagerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Request(_) => f.write_str("no response from alertmanager"),
            Self::Refused { status, message } if message.is_empty() => {
                write!(f, "alertmanager answered {}", status.as_u16())
            }
            Self::Refused { status, message } => {
                write!(f, "alertmanager answered {}: {message}", status.as_u16())
            }
            Self::Malformed(_) => f.write_str("the response is not one of alertmanager's"),
            Self::InvalidId { id } => {
                write!(f, "invalid id of a silence {id:?}: expected letters, digits and -")
            }
        }
    }
}

impl std::error::Error for AlertmanagerError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Request(error) => Some(error),
            Self::Malformed(error) => Some(error.as_ref()),
            Self::Refused { .. } | Self::InvalidId { .. } => None,
        }
    }
}
