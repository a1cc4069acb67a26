//! The expected outcome of a scripted request, computed without the middleware.

use http::Method;
use radiosonde_core::Outcome;

use crate::script::{Head, Part, Script};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Server,
    Client,
}

pub(crate) struct Names {
    pub(crate) requests: &'static str,
    pub(crate) duration: &'static str,
    pub(crate) in_flight: &'static str,
    pub(crate) target: &'static str,
}

impl Side {
    pub(crate) const fn names(self) -> Names {
        match self {
            Self::Server => Names {
                requests: "http_requests_total",
                duration: "http_request_duration_seconds",
                in_flight: "http_requests_in_flight",
                target: "radiosonde::access",
            },
            Self::Client => Names {
                requests: "http_client_requests_total",
                duration: "http_client_request_duration_seconds",
                in_flight: "http_client_requests_in_flight",
                target: "radiosonde::client",
            },
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Completed,
    ServiceError,
    BodyError,
    Aborted,
    Panicked,
}

/// The expected signals.
#[derive(Debug)]
pub(crate) struct Expectation {
    /// The `status` label.
    pub(crate) label: String,
    /// The status that was on the wire.
    pub(crate) code: Option<u16>,
    pub(crate) outcome: &'static str,
    pub(crate) error_type: Option<String>,
    /// Whether the span has the status of an error.
    pub(crate) is_error: bool,
    /// Whether its duration is that of a stream.
    pub(crate) is_stream: bool,
    /// Whether it has a duration that is no latency: that of a stream, or of an upgrade.
    pub(crate) has_latency: bool,
}

impl Expectation {
    pub(crate) fn of(side: Side, script: &Script) -> Self {
        let (end, code) = end(script);
        // A client that has read the status may drop the body.
        let end = if (side, end, code.is_some()) == (Side::Client, End::Aborted, true) {
            End::Completed
        } else {
            end
        };
        let blamed = code.filter(|code| *code >= if side == Side::Client { 400 } else { 500 });
        let label = match (side, end, code) {
            (_, End::Completed, Some(code)) => code.to_string(),
            (Side::Server, End::Aborted, _) => "499".to_owned(),
            (Side::Server, ..) => "500".to_owned(),
            (Side::Client, End::Aborted, _) => "_aborted".to_owned(),
            (Side::Client, ..) => "_error".to_owned(),
        };
        // A client that leaves a stream has what it wanted.
        let is_stream = side == Side::Server && script.is_stream && code.is_some_and(|code| code != 101);
        let end = if is_stream && end == End::Aborted { End::Completed } else { end };
        let is_upgrade = side == Side::Server && code == Some(101);
        let label = match (is_stream && end == End::Completed, code) {
            (true, Some(code)) => code.to_string(),
            _ => label,
        };
        let failed = |detail| if side == Side::Server { detail } else { "failed" };
        let aborted = match (side, code) {
            (Side::Client, _) => "aborted",
            (Side::Server, None) => "aborted_before_headers",
            (Side::Server, Some(_)) => "aborted_after_headers",
        };
        let (outcome, error_type) = match end {
            End::Completed if is_upgrade => ("upgraded", None),
            End::Completed => {
                let outcome = if code.is_some_and(|code| code >= 500) { "failed" } else { "completed" };
                (outcome, blamed.map(|code| code.to_string()))
            }
            End::ServiceError => (failed("service_error"), Some("service_error".to_owned())),
            End::BodyError => (failed("body_error"), Some("body_error".to_owned())),
            End::Aborted => (aborted, Some("aborted".to_owned())),
            End::Panicked => ("panicked", Some("panic".to_owned())),
        };
        // A client's call is a part of the work that a hint is about. An error of the handler's own is not the limiter's.
        let may_be_of_limiter = match end {
            End::ServiceError => true,
            End::Completed | End::BodyError => code.is_some_and(|code| [408, 429, 503, 504].contains(&code)),
            End::Aborted | End::Panicked => false,
        };
        let hint = script.hint.filter(|_| side == Side::Server && may_be_of_limiter);
        let implied = hint.map(|hint| if hint == Outcome::Shed { "shed" } else { "timeout" }.to_owned());
        let (outcome, error_type) = (hint.map_or(outcome, Outcome::as_str), error_type.or(implied));
        let label = hint.and(code).map_or(label, |code| code.to_string());
        let is_error = error_type.is_some() && end != End::Aborted;
        Self { label, code, outcome, error_type, is_error, is_stream, has_latency: !is_stream && !is_upgrade }
    }
}

fn end(script: &Script) -> (End, Option<u16>) {
    let polls = script.patience.map_or(u32::MAX, u32::from);
    if script.head == Head::PanicInCall {
        return (End::Panicked, None);
    }
    let Some(polls) = polls.checked_sub(u32::from(script.pending) + 1) else { return (End::Aborted, None) };
    match script.head {
        Head::Respond => (end_of_body(script, polls), Some(script.status)),
        Head::Error => (End::ServiceError, None),
        Head::PanicInCall | Head::PanicInPoll => (End::Panicked, None),
    }
}

fn end_of_body(script: &Script, polls: u32) -> End {
    let mut missing = script.content_length();
    if script.method == Method::HEAD || [101, 204, 304].contains(&script.status) || missing == Some(0) {
        return End::Completed;
    }
    let ended = |missing: Option<u64>| {
        if missing.is_none_or(|bytes| bytes == 0) { End::Completed } else { End::BodyError }
    };
    let is_known = |left: usize| script.knows_end && left == 0;
    if is_known(script.body.len()) {
        return ended(missing);
    }
    for poll in 0..polls {
        let at = poll as usize;
        match script.body.get(at) {
            None | Some(Part::Trailers) => return ended(missing),
            Some(Part::Pending) => continue,
            Some(Part::Error) => return End::BodyError,
            Some(Part::Panic) => return End::Panicked,
            Some(Part::Data(bytes)) => {
                missing = missing.map(|missing| missing.saturating_sub(u64::from(*bytes)))
            }
        }
        if missing == Some(0) || is_known(script.body.len() - at - 1) {
            return ended(missing);
        }
    }
    End::Aborted
}
