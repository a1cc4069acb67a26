use std::fmt;

use radiosonde_delivery::{InvalidEndpoint, SinkError};

/// An OTLP sink that cannot be built.
#[derive(Debug)]
#[non_exhaustive]
pub enum OtlpBuildError {
    /// The URL is refused.
    Endpoint(InvalidEndpoint),
    /// The delivery refused the sink, its headers or its credentials.
    Sink(SinkError),
    /// The protocol is gRPC, and this program is built without the feature `grpc`.
    NoGrpc,
}

impl fmt::Display for OtlpBuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Endpoint(_) => "the endpoint of the OTLP sink is refused",
            Self::Sink(_) => "the delivery refused the OTLP sink",
            Self::NoGrpc => {
                "the OTLP sink is to speak gRPC and this program is built without: expected http/protobuf or the feature \"grpc\""
            }
        })
    }
}

impl std::error::Error for OtlpBuildError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Endpoint(error) => Some(error),
            Self::Sink(error) => Some(error),
            Self::NoGrpc => None,
        }
    }
}
