use std::fmt;

use radiosonde_delivery::{InvalidEndpoint, PollError};
use radiosonde_metrics::RegisterError;
use radiosonde_trace::InvalidSampler;

/// A remote sampler that cannot be built.
#[derive(Debug)]
#[non_exhaustive]
pub enum JaegerRemoteBuildError {
    /// The URL is refused.
    Endpoint(InvalidEndpoint),
    /// The initial sampling rate is outside 0 to 1.
    InitialRate(InvalidSampler),
    /// The delivery refused the poll, its interval, headers or credentials.
    Poll(PollError),
    /// The self metric could not be registered.
    Metrics(RegisterError),
}

impl fmt::Display for JaegerRemoteBuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Endpoint(_) => "the endpoint of the Jaeger remote sampler is refused",
            Self::InitialRate(_) => "the initial rate of the Jaeger remote sampler is refused",
            Self::Poll(_) => "the delivery refused the polls of the Jaeger remote sampler",
            Self::Metrics(_) => "the metric of the Jaeger remote sampler could not be registered",
        })
    }
}

impl std::error::Error for JaegerRemoteBuildError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(match self {
            Self::Endpoint(error) => error,
            Self::InitialRate(error) => error,
            Self::Poll(error) => error,
            Self::Metrics(error) => error,
        })
    }
}
