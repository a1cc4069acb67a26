use std::fmt;

use crate::options::invalid_option::InvalidOption;
use crate::transport::http_options_error::HttpOptionsError;

/// A poll that cannot begin.
#[derive(Debug)]
#[non_exhaustive]
pub enum PollError {
    /// A setting is outside its range.
    Option(InvalidOption),
    /// A header, credentials or certificates are refused.
    Http(HttpOptionsError),
    /// The delivery is shutting down.
    Stopped,
}

impl fmt::Display for PollError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Option(_) => f.write_str("a setting of the poll is out of range"),
            Self::Http(error) => error.fmt(f),
            Self::Stopped => f.write_str("the poll was to begin after shutdown"),
        }
    }
}

impl std::error::Error for PollError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Option(error) => Some(error),
            Self::Http(error) => error.source(),
            Self::Stopped => None,
        }
    }
}
