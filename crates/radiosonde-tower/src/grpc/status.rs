use http::{HeaderMap, HeaderName, StatusCode};

/// The status of a gRPC call.
///
/// # Source
/// <https://grpc.io/docs/guides/status-codes/>, whose list is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names are those of gRPC")]
pub enum GrpcStatus {
    Ok,
    Cancelled,
    Unknown,
    InvalidArgument,
    DeadlineExceeded,
    NotFound,
    AlreadyExists,
    PermissionDenied,
    ResourceExhausted,
    FailedPrecondition,
    Aborted,
    OutOfRange,
    Unimplemented,
    Internal,
    Unavailable,
    DataLoss,
    Unauthenticated,
}

/// Each status by its number, with its name in OpenTelemetry's conventions and in the metrics of other gRPC libraries.
const NAMES: [(GrpcStatus, &str, &str); 17] = [
    (GrpcStatus::Ok, "OK", "OK"),
    (GrpcStatus::Cancelled, "CANCELLED", "Canceled"),
    (GrpcStatus::Unknown, "UNKNOWN", "Unknown"),
    (GrpcStatus::InvalidArgument, "INVALID_ARGUMENT", "InvalidArgument"),
    (GrpcStatus::DeadlineExceeded, "DEADLINE_EXCEEDED", "DeadlineExceeded"),
    (GrpcStatus::NotFound, "NOT_FOUND", "NotFound"),
    (GrpcStatus::AlreadyExists, "ALREADY_EXISTS", "AlreadyExists"),
    (GrpcStatus::PermissionDenied, "PERMISSION_DENIED", "PermissionDenied"),
    (GrpcStatus::ResourceExhausted, "RESOURCE_EXHAUSTED", "ResourceExhausted"),
    (GrpcStatus::FailedPrecondition, "FAILED_PRECONDITION", "FailedPrecondition"),
    (GrpcStatus::Aborted, "ABORTED", "Aborted"),
    (GrpcStatus::OutOfRange, "OUT_OF_RANGE", "OutOfRange"),
    (GrpcStatus::Unimplemented, "UNIMPLEMENTED", "Unimplemented"),
    (GrpcStatus::Internal, "INTERNAL", "Internal"),
    (GrpcStatus::Unavailable, "UNAVAILABLE", "Unavailable"),
    (GrpcStatus::DataLoss, "DATA_LOSS", "DataLoss"),
    (GrpcStatus::Unauthenticated, "UNAUTHENTICATED", "Unauthenticated"),
];

const GRPC_STATUS: HeaderName = HeaderName::from_static("grpc-status");

impl GrpcStatus {
    /// The status in headers or trailers. A number that gRPC does not define is [`Unknown`](Self::Unknown).
    pub(crate) fn read(headers: &HeaderMap) -> Option<Self> {
        let number = headers.get(GRPC_STATUS)?.to_str().ok().and_then(|digits| digits.parse::<usize>().ok());
        Some(number.and_then(|number| NAMES.get(number)).map_or(Self::Unknown, |(status, ..)| *status))
    }

    /// The status of a response that has none. A success without a status is not one.
    ///
    /// Source: <https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md>
    pub(crate) const fn of_http(status: StatusCode) -> Self {
        match status.as_u16() {
            400 => Self::Internal,
            401 => Self::Unauthenticated,
            403 => Self::PermissionDenied,
            404 => Self::Unimplemented,
            429 | 502..=504 => Self::Unavailable,
            _ => Self::Unknown,
        }
    }

    /// The number on the wire.
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// The name in OpenTelemetry's conventions, such as `NOT_FOUND`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        NAMES[self as usize].1
    }

    /// The name in the labels of other gRPC libraries, such as `NotFound`.
    pub(crate) const fn classic(self) -> &'static str {
        NAMES[self as usize].2
    }

    /// Whether a router, or a check of credentials in front of it, may have refused a call so, whatever its path.
    pub(crate) const fn may_refuse(self) -> bool {
        matches!(self, Self::Unimplemented | Self::Unauthenticated | Self::PermissionDenied)
    }

    /// Whether middleware answers so for a call that took too long or was refused.
    pub(crate) const fn may_be_of_limiter(self) -> bool {
        matches!(self, Self::DeadlineExceeded | Self::Unavailable | Self::ResourceExhausted)
    }

    /// Whether the server is responsible for this status, rather than its caller.
    ///
    /// Source: <https://opentelemetry.io/docs/specs/semconv/rpc/grpc/>
    #[must_use]
    pub const fn is_server_error(self) -> bool {
        matches!(
            self,
            Self::Unknown
                | Self::DeadlineExceeded
                | Self::Unimplemented
                | Self::Internal
                | Self::Unavailable
                | Self::DataLoss
        )
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn read(value: &'static [u8]) -> Option<GrpcStatus> {
        GrpcStatus::read(&HeaderMap::from_iter([(
            GRPC_STATUS,
            HeaderValue::from_static(std::str::from_utf8(value).unwrap()),
        )]))
    }

    #[test]
    fn every_number_has_its_name() {
        for (number, (status, ..)) in NAMES.into_iter().enumerate() {
            assert_eq!(usize::from(status.code()), number);
        }
        assert_eq!(read(b"5"), Some(GrpcStatus::NotFound));
        assert_eq!(GrpcStatus::read(&HeaderMap::new()), None);
    }

    #[test]
    fn a_number_that_does_not_exist_is_unknown() {
        for bad in [&b"17"[..], b"-1", b"", b"OK", b"99999999999999999999999"] {
            assert_eq!(read(bad), Some(GrpcStatus::Unknown), "{bad:?}");
        }
    }

    #[test]
    fn a_success_without_a_status_is_unknown() {
        assert_eq!(GrpcStatus::of_http(StatusCode::OK), GrpcStatus::Unknown);
        assert_eq!(GrpcStatus::of_http(StatusCode::NOT_FOUND), GrpcStatus::Unimplemented);
    }
}
