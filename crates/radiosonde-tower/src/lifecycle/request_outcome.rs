use radiosonde_core::Outcome;

/// How a request ended. Each ends exactly once, and all its signals agree on it.
///
/// # Shape
/// [`as_str`](Self::as_str) is the field `outcome` of the access line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RequestOutcome {
    /// The response was sent to its end.
    Completed,
    /// The response was sent to its end, with a status of 500 or more.
    Failed,
    /// The service returned an error in place of a response.
    ServiceError,
    /// The body returned an error, or ended before the number of bytes in its `content-length`.
    BodyError,
    /// The client left before it had the head of the response.
    AbortedBeforeHeaders,
    /// The client left within the body.
    AbortedAfterHeaders,
    /// The handler or the body panicked.
    Panicked,
    /// A time limit of the service ended the request.
    TimedOut,
    /// The service refused the request because it was overloaded.
    Shed,
    /// The connection was handed over to another protocol, such as websockets.
    Upgraded,
}

impl RequestOutcome {
    pub(crate) fn new(outcome: Outcome, error_type: Option<&str>, has_head: bool, is_upgrade: bool) -> Self {
        match outcome {
            Outcome::Completed if is_upgrade => Self::Upgraded,
            Outcome::Completed => Self::Completed,
            Outcome::Aborted if has_head => Self::AbortedAfterHeaders,
            Outcome::Aborted => Self::AbortedBeforeHeaders,
            Outcome::Panicked => Self::Panicked,
            Outcome::TimedOut => Self::TimedOut,
            Outcome::Shed => Self::Shed,
            _ => match error_type {
                Some(SERVICE_ERROR) => Self::ServiceError,
                Some(BODY_ERROR) => Self::BodyError,
                _ => Self::Failed,
            },
        }
    }

    /// The outcome as a field's value.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::ServiceError => "service_error",
            Self::BodyError => "body_error",
            Self::AbortedBeforeHeaders => "aborted_before_headers",
            Self::AbortedAfterHeaders => "aborted_after_headers",
            Self::Panicked => "panicked",
            Self::TimedOut => "timed_out",
            Self::Shed => "shed",
            Self::Upgraded => "upgraded",
        }
    }
}

/// The `error.type` of a service that returned an error.
pub(crate) const SERVICE_ERROR: &str = "service_error";

/// The `error.type` of a body that broke off.
pub(crate) const BODY_ERROR: &str = "body_error";
