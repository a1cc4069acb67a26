use std::fmt;

use radiosonde_delivery::{InvalidEndpoint, SinkError, StartError};

use crate::{InvalidGrouping, InvalidWriteLabel};

/// A push that cannot be set up.
#[derive(Debug)]
#[non_exhaustive]
pub enum BuildError {
    /// The URL is refused.
    Endpoint(InvalidEndpoint),
    /// The job or another label of the group is refused.
    Grouping(InvalidGrouping),
    /// A label that every series is to get is refused.
    Label(InvalidWriteLabel),
    /// A header's name or value has a character that headers cannot carry.
    Header {
        /// The header's name. The value is not repeated: it may be a secret.
        name: Box<str>,
    },
    /// The delivery refused the sink.
    Sink(SinkError),
    /// The delivery thread did not start.
    Start(StartError),
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Endpoint(_) => f.write_str("the URL to push to is refused"),
            Self::Grouping(_) => f.write_str("the group to push to is refused"),
            Self::Label(_) => f.write_str("a label of the remote write is refused"),
            Self::Header { name } => write!(
                f,
                "header {name:?} is malformed; allowed are a name of letters, digits and -, and a value of visible characters"
            ),
            Self::Sink(_) => f.write_str("the delivery refused the sink to push with"),
            Self::Start(_) => f.write_str("the delivery to push with did not start"),
        }
    }
}

impl std::error::Error for BuildError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Endpoint(error) => Some(error),
            Self::Grouping(error) => Some(error),
            Self::Label(error) => Some(error),
            Self::Header { .. } => None,
            Self::Sink(error) => Some(error),
            Self::Start(error) => Some(error),
        }
    }
}
