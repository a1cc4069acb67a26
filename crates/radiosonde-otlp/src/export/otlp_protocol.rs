use std::fmt;
use std::str::FromStr;

use crate::export::grpc;

/// How OTLP is spoken.
///
/// ```
/// use radiosonde_otlp::OtlpProtocol;
///
/// assert_eq!("grpc".parse(), Ok(OtlpProtocol::Grpc));
/// let error = "http/json".parse::<OtlpProtocol>().unwrap_err();
/// assert_eq!(error.to_string(), r#"invalid OTLP protocol "http/json": expected http/protobuf or grpc"#);
/// ```
///
/// # Source
/// `OTEL_EXPORTER_OTLP_PROTOCOL`: <https://opentelemetry.io/docs/specs/otel/protocol/exporter/>
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OtlpProtocol {
    /// HTTP/1.1 with protobuf; collectors listen on port 4318.
    #[default]
    HttpProtobuf,
    /// gRPC: HTTP/2 without TLS for an `http` URL, with TLS for an `https` one; collectors listen on port 4317. Needs the feature
    /// `grpc`.
    Grpc,
}

impl OtlpProtocol {
    /// Whether this program is built with it.
    #[must_use]
    pub const fn is_available(self) -> bool {
        match self {
            Self::HttpProtobuf => true,
            Self::Grpc => grpc::IS_AVAILABLE,
        }
    }
}

impl FromStr for OtlpProtocol {
    type Err = InvalidOtlpProtocol;

    /// Parses the values of `OTEL_EXPORTER_OTLP_PROTOCOL`, ignoring case. `http/json` is not supported.
    fn from_str(text: &str) -> Result<Self, InvalidOtlpProtocol> {
        match text {
            _ if text.eq_ignore_ascii_case("http/protobuf") => Ok(Self::HttpProtobuf),
            _ if text.eq_ignore_ascii_case("grpc") => Ok(Self::Grpc),
            _ => Err(InvalidOtlpProtocol { text: text.into() }),
        }
    }
}

/// A text that is not a supported protocol of OTLP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidOtlpProtocol {
    text: Box<str>,
}

impl fmt::Display for InvalidOtlpProtocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "invalid OTLP protocol {:?}: expected http/protobuf or grpc", self.text)
    }
}

impl std::error::Error for InvalidOtlpProtocol {}
