use std::fmt;

use radiosonde_delivery::InvalidEndpoint;

/// A text that is not the settings of a Jaeger remote sampler.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidJaegerRemoteSetting {
    /// An element is not `key=value`, or its key is unknown.
    Key {
        /// The element up to its `=`.
        key: Box<str>,
    },
    /// The endpoint is refused.
    Endpoint(InvalidEndpoint),
    /// The polling interval is not a number of milliseconds from 10 to 86400000.
    PollingInterval {
        /// The value.
        value: Box<str>,
    },
    /// The initial sampling rate is not a number from 0 to 1.
    InitialSamplingRate {
        /// The value.
        value: Box<str>,
    },
}

impl fmt::Display for InvalidJaegerRemoteSetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key { key } => write!(
                f,
                "invalid setting {key:?}: expected endpoint=URL, pollingIntervalMs=NUMBER or initialSamplingRate=RATIO"
            ),
            Self::Endpoint(invalid) => invalid.fmt(f),
            Self::PollingInterval { value } => {
                write!(f, "invalid pollingIntervalMs {value:?}: expected milliseconds from 10 to 86400000")
            }
            Self::InitialSamplingRate { value } => {
                write!(f, "invalid initialSamplingRate {value:?}: expected a number from 0 to 1")
            }
        }
    }
}

impl std::error::Error for InvalidJaegerRemoteSetting {}
