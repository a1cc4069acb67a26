use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, Response, StatusCode};
use radiosonde_core::decode_percent;
use radiosonde_delivery::{Disposition, Trailers, retry_after};

use crate::export::grpc::{code, frame, retry_info};
use crate::export::partial_success::accepted;
use crate::export::signal::Signal;

/// Texts in lower case by which servers refuse a message for its size: of Go and C, of Java, of tonic.
const TOO_LARGE: [&str; 3] = ["larger than max", "exceeds maximum size", "message length too large"];

/// How a call ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Status {
    /// With a status, which stands in the trailers, or in the headers of a response that has nothing else.
    Grpc { code: u32, message: String, delay: Option<Duration> },
    /// With a response of a gateway.
    Http { status: StatusCode, delay: Option<Duration> },
    /// Before the status arrived.
    CutOff,
    /// It is no response of gRPC.
    Foreign,
}

impl Status {
    pub(super) fn of(response: &Response<Bytes>) -> Self {
        let trailers = response.extensions().get().map(|Trailers(trailers)| trailers);
        if let Some(status) = trailers.and_then(Self::read).or_else(|| Self::read(response.headers())) {
            return status;
        }
        let is_grpc = |kind: &[u8]| kind.starts_with(b"application/grpc");
        match response.status() {
            StatusCode::OK
                if response.headers().get(CONTENT_TYPE).is_some_and(|kind| is_grpc(kind.as_bytes())) =>
            {
                Self::CutOff
            }
            StatusCode::OK => Self::Foreign,
            status => Self::Http { status, delay: retry_after(response.headers()) },
        }
    }

    fn read(fields: &HeaderMap) -> Option<Self> {
        let code = fields.get("grpc-status")?.to_str().ok().and_then(|code| code.parse().ok());
        let message = fields.get("grpc-message").map(|message| {
            let text = String::from_utf8_lossy(message.as_bytes());
            decode_percent(&text).unwrap_or_else(|| text.into_owned())
        });
        let details = fields.get("grpc-status-details-bin");
        Some(Self::Grpc {
            code: code.unwrap_or(code::UNKNOWN),
            message: message.unwrap_or_default(),
            delay: details.and_then(|details| retry_info::delay(details.as_bytes())),
        })
    }

    /// Source: <https://opentelemetry.io/docs/specs/otlp/#otlpgrpc-response>.
    pub(super) fn disposition(&self, response: &Response<Bytes>, signal: Signal) -> Disposition {
        let drop = |reason, hint| Disposition::Drop { reason, hint };
        let after = self.delay();
        match self.code() {
            code::OK => accepted(frame::message(response.body()), signal),
            // Its halves are new requests.
            _ if self.is_too_large() => Disposition::Split,
            code::CANCELLED
            | code::DEADLINE_EXCEEDED
            | code::ABORTED
            | code::OUT_OF_RANGE
            | code::UNAVAILABLE
            | code::DATA_LOSS => Disposition::Retry { after },
            // Only a server that can recover names a delay.
            code::RESOURCE_EXHAUSTED if after.is_some() => Disposition::Retry { after },
            code::UNAUTHENTICATED | code::PERMISSION_DENIED => {
                drop("unauthorized", "check the headers of the OTLP sink")
            }
            code::UNIMPLEMENTED => drop("wrong_address", signal.no_method),
            _ if *self == Self::Foreign => drop("wrong_address", signal.no_method),
            _ => Disposition::dropped("refused"),
        }
    }

    fn code(&self) -> u32 {
        match self {
            Self::Grpc { code, .. } => *code,
            Self::Http { status, .. } => code::of_http(status.as_u16()),
            // The server may have accepted the batch: it may then get it twice.
            Self::CutOff => code::UNAVAILABLE,
            Self::Foreign => code::UNKNOWN,
        }
    }

    fn delay(&self) -> Option<Duration> {
        match self {
            Self::Grpc { delay, .. } | Self::Http { delay, .. } => *delay,
            Self::CutOff | Self::Foreign => None,
        }
    }

    fn is_too_large(&self) -> bool {
        match self {
            Self::Grpc { code: code::RESOURCE_EXHAUSTED | code::OUT_OF_RANGE, message, .. } => {
                let message = message.to_ascii_lowercase();
                TOO_LARGE.iter().any(|sign| message.contains(sign))
            }
            Self::Http { status, .. } => *status == StatusCode::PAYLOAD_TOO_LARGE,
            _ => false,
        }
    }
}

/// For diagnostics, after the status of HTTP.
impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Grpc { code, message, .. } => {
                write!(f, "gRPC status {code} {}", code::name(*code))?;
                if message.is_empty() { Ok(()) } else { write!(f, ": {message}") }
            }
            Self::Http { .. } => f.write_str("no gRPC status"),
            Self::CutOff => f.write_str("the response ended before its gRPC status"),
            Self::Foreign => f.write_str("the response is not gRPC"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::signal::{LOGS, TRACES};

    /// A `RetryInfo` of 2 s.
    const DETAILS: &str = "CAgaMAoodHlwZS5nb29nbGVhcGlzLmNvbS9nb29nbGUucnBjLlJldHJ5SW5mbxIECgIIAg";
    const TWO_SECONDS: Option<Duration> = Some(Duration::from_secs(2));

    fn response(fields: &[(&str, &str)], in_trailers: bool) -> Response<Bytes> {
        let mut response = Response::new(Bytes::new());
        response.headers_mut().insert(CONTENT_TYPE, "application/grpc".parse().unwrap());
        let mut map = HeaderMap::new();
        for (name, value) in fields {
            map.insert(http::HeaderName::try_from(*name).unwrap(), value.parse().unwrap());
        }
        match in_trailers {
            true => drop(response.extensions_mut().insert(Trailers(map))),
            false => response.headers_mut().extend(map),
        }
        response
    }

    fn disposition(fields: &[(&str, &str)]) -> Disposition {
        let [of_trailers, of_headers] = [true, false].map(|in_trailers| {
            let response = response(fields, in_trailers);
            Status::of(&response).disposition(&response, TRACES)
        });
        assert_eq!(of_trailers, of_headers);
        of_trailers
    }

    #[test]
    fn the_codes_that_may_be_retried_are_those_of_the_specification() {
        let retried = |with: &[(&str, &str)]| -> Vec<u32> {
            (0..17)
                .filter(|code| {
                    let code = code.to_string();
                    let fields = [&[("grpc-status", &*code)], with].concat();
                    matches!(disposition(&fields), Disposition::Retry { .. })
                })
                .collect()
        };
        assert_eq!(retried(&[]), [1, 4, 10, 11, 14, 15]);
        assert_eq!(retried(&[("grpc-status-details-bin", DETAILS)]), [1, 4, 8, 10, 11, 14, 15]);
        assert_eq!(retried(&[("grpc-status-details-bin", "AAAA")]), [1, 4, 10, 11, 14, 15]);
    }

    #[test]
    fn the_delay_of_the_server_is_honoured() {
        for code in ["8", "14"] {
            let fields = [("grpc-status", code), ("grpc-status-details-bin", DETAILS)];
            assert_eq!(disposition(&fields), Disposition::Retry { after: TWO_SECONDS });
        }
        assert_eq!(disposition(&[("grpc-status", "14")]), Disposition::Retry { after: None });
    }

    #[test]
    fn a_message_that_is_too_large_is_split() {
        for (code, text) in [
            ("8", "grpc: received message larger than max (5000000 vs. 4194304)"),
            ("8", "gRPC message exceeds maximum size 4194304: 5000000"),
            (
                "11",
                "Error, decoded message length too large: found 5000000 bytes, the limit is: 4194304 bytes",
            ),
        ] {
            assert_eq!(disposition(&[("grpc-status", code), ("grpc-message", text)]), Disposition::Split);
        }
        let reason = |code: &str| match disposition(&[("grpc-status", code)]) {
            Disposition::Drop { reason, .. } => reason,
            other => panic!("{code}: {other:?}"),
        };
        let codes = ["2", "3", "7", "8", "12", "13", "16", "99", "x"];
        let unauthorized = "unauthorized";
        assert_eq!(
            codes.map(reason),
            [
                "refused", "refused", unauthorized, "refused", "wrong_address", "refused", unauthorized,
                "refused", "refused"
            ]
        );
    }

    #[test]
    fn responses_of_gateways_count_by_their_http_status() {
        let of_status = |status: u16, kind: &str| {
            let response =
                Response::builder().status(status).header("content-type", kind).header("retry-after", "2");
            let response = response.body(Bytes::new()).unwrap();
            Status::of(&response).disposition(&response, LOGS)
        };
        for status in [429, 502, 503, 504] {
            assert_eq!(of_status(status, "text/html"), Disposition::Retry { after: TWO_SECONDS });
        }
        assert_eq!(of_status(413, "text/html"), Disposition::Split);
        for (status, expected) in [(401, "unauthorized"), (404, "wrong_address"), (500, "refused")] {
            let got = of_status(status, "text/html");
            assert!(
                matches!(got, Disposition::Drop { reason, .. } if reason == expected),
                "{status}: {got:?}"
            );
        }
        assert_eq!(
            of_status(200, "text/html"),
            Disposition::Drop { reason: "wrong_address", hint: LOGS.no_method }
        );
        // The connection broke, or the timeout passed.
        assert_eq!(of_status(200, "application/grpc+proto"), Disposition::Retry { after: None });
    }

    #[test]
    fn a_status_is_described_with_its_name_and_decoded_message() {
        let response = response(&[("grpc-status", "13"), ("grpc-message", "no%20room: 100%25")], true);
        assert_eq!(Status::of(&response).to_string(), "gRPC status 13 INTERNAL: no room: 100%");
    }

    #[test]
    fn partial_success_is_read_from_the_message() {
        // rejected_spans: 3
        let mut response = response(&[("grpc-status", "0")], true);
        *response.body_mut() = Bytes::from_static(b"\0\0\0\0\x04\x0a\x02\x08\x03");
        let disposition = Status::of(&response).disposition(&response, TRACES);
        assert_eq!(disposition, Disposition::Delivered { rejected: 3, reason: "partial_success" });
    }
}
