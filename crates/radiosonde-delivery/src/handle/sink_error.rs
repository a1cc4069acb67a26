use std::fmt;

use crate::options::invalid_option::InvalidOption;
use crate::transport::http_options_error::HttpOptionsError;

/// A sink that cannot be added.
#[derive(Debug)]
#[non_exhaustive]
pub enum SinkError {
    /// A setting is outside its range.
    Option(InvalidOption),
    /// A header, credentials or certificates are refused.
    Http(HttpOptionsError),
    /// Another sink of this delivery has the name.
    NameTaken {
        /// The name.
        name: &'static str,
    },
    /// The delivery is shutting down.
    Stopped {
        /// The name of the refused sink.
        name: &'static str,
    },
}

impl fmt::Display for SinkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Option(_) => f.write_str("a setting of the sink is out of range"),
            Self::Http(error) => error.fmt(f),
            Self::NameTaken { name } => {
                write!(
                    f,
                    "sink name {name:?} is taken: expected a name that no other sink of this delivery has"
                )
            }
            Self::Stopped { name } => write!(f, "sink {name:?} was added after shutdown"),
        }
    }
}

impl std::error::Error for SinkError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Option(error) => Some(error),
            Self::Http(error) => error.source(),
            Self::NameTaken { .. } | Self::Stopped { .. } => None,
        }
    }
}
