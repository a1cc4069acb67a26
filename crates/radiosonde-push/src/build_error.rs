use std::fmt;

use radiosonde_delivery::{DeliveryStartError, InvalidEndpoint, SinkError};

use crate::labels::grouping::InvalidGrouping;
use crate::labels::write_label::InvalidWriteLabel;

/// A push that cannot be built.
#[derive(Debug)]
#[non_exhaustive]
pub enum PushBuildError {
    /// The URL is refused.
    Endpoint(InvalidEndpoint),
    /// The job or another label of the group is refused.
    Grouping(InvalidGrouping),
    /// A label for every series is refused.
    Label(InvalidWriteLabel),
    /// The delivery refused the sink, its headers or its credentials.
    Sink(SinkError),
    /// The delivery thread did not start.
    Start(DeliveryStartError),
}

impl fmt::Display for PushBuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Endpoint(_) => "the URL to push to is refused",
            Self::Grouping(_) => "the group to push to is refused",
            Self::Label(_) => "a label of the remote write is refused",
            Self::Sink(_) => "the delivery refused the sink to push with",
            Self::Start(_) => "the delivery to push with did not start",
        })
    }
}

impl std::error::Error for PushBuildError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Endpoint(error) => Some(error),
            Self::Grouping(error) => Some(error),
            Self::Label(error) => Some(error),
            Self::Sink(error) => Some(error),
            Self::Start(error) => Some(error),
        }
    }
}
