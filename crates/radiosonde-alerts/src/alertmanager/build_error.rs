use std::fmt;
use std::time::Duration;

use radiosonde_delivery::{HttpClientBuildError, InvalidEndpoint, SinkError};

use crate::alertmanager::external_labels::InvalidAlertLabel;

/// An [`Alertmanager`](crate::Alertmanager) or an [`AlertmanagerClient`](crate::AlertmanagerClient) that cannot be built.
#[derive(Debug)]
#[non_exhaustive]
pub enum AlertmanagerBuildError {
    /// The URL of Alertmanager is refused.
    Endpoint(InvalidEndpoint),
    /// The URL that alerts refer to is refused.
    GeneratorUrl(InvalidEndpoint),
    /// A label for every alert is refused.
    Label(InvalidAlertLabel),
    /// Alerts that are not repeated resolve too early or too late.
    ValidFor {
        /// The refused time.
        valid_for: Duration,
    },
    /// The delivery refused the sink, its headers or its credentials.
    Sink(SinkError),
    /// The HTTP client cannot be built.
    Client(HttpClientBuildError),
}

impl fmt::Display for AlertmanagerBuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Endpoint(_) => "the URL of alertmanager is refused",
            Self::GeneratorUrl(_) => "the generator URL of alerts is refused",
            Self::Label(_) => "a label for every alert is refused",
            Self::ValidFor { valid_for } => {
                return write!(f, "invalid valid_for {valid_for:?}: expected 2m to 1d");
            }
            Self::Sink(_) => "the delivery refused the sink of alertmanager",
            Self::Client(_) => "the HTTP client for alertmanager cannot be built",
        })
    }
}

impl std::error::Error for AlertmanagerBuildError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Endpoint(error) | Self::GeneratorUrl(error) => Some(error),
            Self::Label(error) => Some(error),
            Self::ValidFor { .. } => None,
            Self::Sink(error) => Some(error),
            Self::Client(error) => Some(error),
        }
    }
}
