use std::time::Duration;

use bytes::Buf;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode};
use radiosonde_core::Outcome;
use radiosonde_signals::Ended;

use crate::grpc::messages::Messages;
use crate::grpc::status::GrpcStatus;

/// A gRPC call, as far as its HTTP exchange has shown it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rpc {
    /// The time that the caller gave it.
    deadline: Option<Duration>,
    http: Option<StatusCode>,
    /// Whether the response is gRPC's, too.
    is_answered: bool,
    /// Whether its head has the status, so that there is no message.
    is_trailers_only: bool,
    status: Option<GrpcStatus>,
    messages: Messages,
}

/// The end of a call that a status describes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RpcSide {
    Server,
    Client,
}

impl Rpc {
    /// A call, if the request has gRPC's content type. That of gRPC-Web is another: its status is within the body.
    pub(crate) fn of_request(headers: &HeaderMap) -> Option<Self> {
        is_grpc(headers).then(|| Self { deadline: deadline(headers), ..Self::default() })
    }

    /// Reads the head of the response, which has the status if there is no body.
    pub(crate) fn head(&mut self, status: StatusCode, headers: &HeaderMap) {
        self.http = Some(status);
        self.is_answered = status.is_success() && is_grpc(headers);
        self.is_trailers_only = GrpcStatus::read(headers).is_some();
        self.trailers(headers);
    }

    /// Counts the messages of the response.
    pub(crate) fn data(&mut self, data: &impl Buf) {
        self.messages.read(data);
    }

    /// Reads the trailers of the response.
    pub(crate) fn trailers(&mut self, trailers: &HeaderMap) {
        if let Some(status) = GrpcStatus::read(trailers) {
            self.status = Some(status);
        }
    }

    /// Whether the head of the response refuses the method.
    pub(crate) fn is_unimplemented(&self) -> bool {
        let status = self.status.or(self.http.filter(|http| !http.is_success()).map(GrpcStatus::of_http));
        status == Some(GrpcStatus::Unimplemented)
    }

    /// Whether the response shows that the service has the method. Routers, and checks and limits in front of them, refuse any,
    /// and have no message to send.
    pub(crate) fn has_method(&self) -> bool {
        let has_begun = || !self.is_trailers_only && !self.status.is_some_and(GrpcStatus::may_refuse);
        self.is_answered && (self.messages() > 0 || self.status == Some(GrpcStatus::Ok) || has_begun())
    }

    /// Whether the response is gRPC's.
    pub(crate) const fn is_answered(&self) -> bool {
        self.is_answered
    }

    /// The number of messages in the response.
    pub(crate) const fn messages(&self) -> u64 {
        self.messages.complete()
    }

    /// The status of a call that ended so: the one on the wire, otherwise what the caller sees in its place.
    pub(crate) fn status(&self, ended: &Ended) -> GrpcStatus {
        if let Some(status) = self.status {
            return status;
        }
        match ended.outcome() {
            // Either side may have cut it off, because its time was over.
            Outcome::Aborted | Outcome::Failed if self.deadline.is_some_and(|time| ended.took() >= time) => {
                GrpcStatus::DeadlineExceeded
            }
            Outcome::Aborted => GrpcStatus::Cancelled,
            Outcome::Panicked => GrpcStatus::Internal,
            Outcome::TimedOut => GrpcStatus::DeadlineExceeded,
            Outcome::Shed => GrpcStatus::Unavailable,
            _ => self.http.map_or(GrpcStatus::Unknown, GrpcStatus::of_http),
        }
    }

    /// Corrects the outcome of an exchange by the status.
    pub(crate) fn adjust(&self, ended: Ended, side: RpcSide) -> Ended {
        let is_answered = match ended.outcome() {
            Outcome::Completed => true,
            // A caller that has the status needs no more.
            Outcome::Aborted => self.status.is_some(),
            _ => false,
        };
        if !is_answered {
            return ended;
        }
        let status = self.status(&Outcome::Completed.into());
        match (status, side) {
            (status, _) if status.is_server_error() => {
                Ended::from(Outcome::Failed).with_error_type(status.as_str())
            }
            (GrpcStatus::Ok, _) | (_, RpcSide::Server) => Outcome::Completed.into(),
            (status, RpcSide::Client) => Ended::from(Outcome::Completed).with_error_type(status.as_str()),
        }
    }
}

fn is_grpc(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.as_bytes().strip_prefix(b"application/grpc"));
    kind.is_some_and(|rest| matches!(rest.first(), None | Some(b'+' | b';')))
}

/// The time in `grpc-timeout`: up to eight digits and a unit.
///
/// Source: <https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md>, "Timeout"
fn deadline(headers: &HeaderMap) -> Option<Duration> {
    let (unit, digits) = headers.get("grpc-timeout")?.as_bytes().split_last()?;
    // A number of more digits may be too large to be converted.
    let is_number = (1..=8).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit);
    let digits = std::str::from_utf8(digits).ok().filter(|_| is_number)?;
    let number: u64 = digits.parse().ok()?;
    match unit {
        b'H' => Some(Duration::from_secs(number * 3600)),
        b'M' => Some(Duration::from_secs(number * 60)),
        b'S' => Some(Duration::from_secs(number)),
        b'm' => Some(Duration::from_millis(number)),
        b'u' => Some(Duration::from_micros(number)),
        b'n' => Some(Duration::from_nanos(number)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn headers(name: &'static str, value: &'static str) -> HeaderMap {
        let name = http::HeaderName::from_static(name);
        HeaderMap::from_iter([(name, HeaderValue::from_static(value))])
    }

    fn adjusted(rpc: &Rpc, outcome: Outcome, side: RpcSide) -> (Outcome, Option<&'static str>) {
        let ended = rpc.adjust(outcome.into(), side);
        (ended.outcome(), ended.error_type())
    }

    #[test]
    fn a_call_is_known_by_the_content_type_of_its_request() {
        for kind in ["application/grpc", "application/grpc+proto", "application/grpc;a=b"] {
            assert!(Rpc::of_request(&headers("content-type", kind)).is_some(), "{kind}");
        }
        for kind in ["application/json", "application/grpc-web", "application/grpc-web+proto"] {
            assert!(Rpc::of_request(&headers("content-type", kind)).is_none(), "{kind}");
        }
        assert!(Rpc::of_request(&HeaderMap::new()).is_none());
    }

    #[test]
    fn a_deadline_is_read_or_ignored() {
        let read = |value| deadline(&headers("grpc-timeout", value));
        assert_eq!(read("50m"), Some(Duration::from_millis(50)));
        assert_eq!(read("99999999H"), Some(Duration::from_secs(99_999_999 * 3600)));
        for bad in
            ["", "m", "5", "5x", "-5S", "999999999S", "9999999999999999999H", "99999999999999999999999S"]
        {
            assert_eq!(read(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_status_is_blamed_on_the_side_that_is_responsible() {
        let mut rpc = Rpc::default();
        rpc.head(StatusCode::OK, &HeaderMap::new());
        rpc.trailers(&headers("grpc-status", "5"));
        assert_eq!(adjusted(&rpc, Outcome::Completed, RpcSide::Server), (Outcome::Completed, None));
        let blamed = (Outcome::Completed, Some("NOT_FOUND"));
        assert_eq!(adjusted(&rpc, Outcome::Completed, RpcSide::Client), blamed);
        rpc.trailers(&headers("grpc-status", "13"));
        let failed = (Outcome::Failed, Some("INTERNAL"));
        assert_eq!(adjusted(&rpc, Outcome::Completed, RpcSide::Server), failed);
        assert_eq!(adjusted(&rpc, Outcome::Aborted, RpcSide::Client), failed);
    }

    #[test]
    fn a_status_without_a_message_does_not_show_that_a_method_exists() {
        let answer = |status: Option<&'static str>| {
            let mut head = headers("content-type", "application/grpc");
            head.extend(status.map(|status| headers("grpc-status", status)).unwrap_or_default());
            let mut rpc = Rpc::default();
            rpc.head(StatusCode::OK, &head);
            rpc
        };
        for status in ["2", "3", "7", "8", "12", "14", "16"] {
            assert!(!answer(Some(status)).has_method(), "{status}");
        }
        assert!(answer(Some("0")).has_method());
        let mut begun = answer(None);
        assert!(begun.has_method());
        begun.trailers(&headers("grpc-status", "3"));
        assert!(begun.has_method());
        begun.trailers(&headers("grpc-status", "7"));
        assert!(!begun.has_method(), "it refuses");
        begun.data(&&[0; 5][..]);
        assert!(begun.has_method(), "it had a message");
    }

    #[test]
    fn a_missing_status_is_unknown_unless_the_call_was_cut() {
        let mut rpc = Rpc::default();
        rpc.head(StatusCode::OK, &HeaderMap::new());
        let failed = (Outcome::Failed, Some("UNKNOWN"));
        assert_eq!(adjusted(&rpc, Outcome::Completed, RpcSide::Server), failed);
        assert_eq!(adjusted(&rpc, Outcome::Aborted, RpcSide::Client), (Outcome::Aborted, Some("aborted")));
        assert_eq!(rpc.status(&Outcome::Aborted.into()), GrpcStatus::Cancelled);
        assert_eq!(rpc.status(&Outcome::Panicked.into()), GrpcStatus::Internal);
    }
}
