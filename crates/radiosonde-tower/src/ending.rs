use http::StatusCode;
use radiosonde_core::Outcome;

/// How the exchange of a request and its response ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Ending {
    /// The response was sent, or received, to its last byte.
    Completed,
    /// The service returned an error instead of a response.
    ServiceError,
    /// The body failed after the head of the response, or ended before the length that the head promised.
    BodyError,
    /// Whoever waited went away: the future was dropped before there was a response.
    AbortedBeforeHeaders,
    /// Whoever waited went away: the body was dropped before its end.
    AbortedAfterHeaders,
    /// A panic ended it.
    Panicked,
}

impl Ending {
    /// What a future or body that is dropped before its end amounts to.
    pub(crate) fn of_drop(after_headers: bool) -> Self {
        match (Outcome::of_drop(), after_headers) {
            (Outcome::Panicked, _) => Self::Panicked,
            (_, false) => Self::AbortedBeforeHeaders,
            (_, true) => Self::AbortedAfterHeaders,
        }
    }

    /// What the end of a body amounts to of which so many promised bytes are missing: the client gets an error then.
    pub(crate) const fn of_body(missing: Option<u64>) -> Self {
        match missing {
            None | Some(0) => Self::Completed,
            Some(_) => Self::BodyError,
        }
    }

    /// The ending as the outcome that every unit of work has; a response with a server error's status has failed.
    #[must_use]
    pub fn outcome(self, status: Option<StatusCode>) -> Outcome {
        match self {
            Self::Completed if status.is_some_and(|status| status.is_server_error()) => Outcome::Failed,
            Self::Completed => Outcome::Completed,
            Self::ServiceError | Self::BodyError => Outcome::Failed,
            Self::AbortedBeforeHeaders | Self::AbortedAfterHeaders => Outcome::Aborted,
            Self::Panicked => Outcome::Panicked,
        }
    }

    /// OpenTelemetry's `error.type` where it is not the status.
    pub(crate) const fn error_type(self) -> Option<&'static str> {
        match self {
            Self::Completed => None,
            Self::ServiceError => Some("service_error"),
            Self::BodyError => Some("body_error"),
            Self::AbortedBeforeHeaders | Self::AbortedAfterHeaders => Some("aborted"),
            Self::Panicked => Some("panic"),
        }
    }
}
