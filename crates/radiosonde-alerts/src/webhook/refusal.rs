use std::borrow::Cow;

use bytes::Bytes;
use http::header::{ALLOW, CONTENT_TYPE, HeaderValue, WWW_AUTHENTICATE};
use http::{Response, StatusCode};
use http_body_util::Full;
use radiosonde_admin::Credentials;

/// Why a webhook is not answered 200.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refusal {
    Unauthorized,
    Method,
    ContentType,
    TooLarge {
        limit_bytes: usize,
    },
    /// The body did not arrive in time.
    BodyTimeout,
    /// The connection broke before the body's end.
    Incomplete,
    Invalid(String),
    /// No thread can be started that would keep the deadlines.
    NoThread,
    Failed {
        alerts: usize,
        of: usize,
    },
    Panicked,
    HandlerTimeout,
}

impl Refusal {
    /// Its value of the label `outcome`.
    pub(super) const fn as_str(&self) -> &'static str {
        match self {
            Self::Unauthorized => "unauthorized",
            Self::Method => "method",
            Self::ContentType => "content_type",
            Self::TooLarge { .. } => "too_large",
            Self::BodyTimeout => "body_timeout",
            Self::Incomplete => "incomplete",
            Self::Invalid(_) => "invalid",
            Self::NoThread => "no_thread",
            Self::Failed { .. } => "failed",
            Self::Panicked => "panicked",
            Self::HandlerTimeout => "timed_out",
        }
    }

    /// Alertmanager repeats what is answered with 5xx and nothing else.
    const fn status(&self) -> StatusCode {
        match self {
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::ContentType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::BodyTimeout => StatusCode::REQUEST_TIMEOUT,
            Self::Incomplete | Self::Invalid(_) => StatusCode::BAD_REQUEST,
            Self::Failed { .. } | Self::Panicked => StatusCode::INTERNAL_SERVER_ERROR,
            Self::NoThread | Self::HandlerTimeout => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn text(self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::Unauthorized => "credentials are required",
            Self::Method => "invalid method: expected POST",
            Self::ContentType => "invalid content type: expected application/json without a content encoding",
            Self::TooLarge { limit_bytes } => {
                return format!("the body is too large: expected at most {limit_bytes} bytes").into();
            }
            Self::BodyTimeout => "the body did not arrive in time",
            Self::Incomplete => "the body is incomplete",
            Self::Invalid(why) => return why.into(),
            Self::NoThread => "no thread can be started",
            Self::Failed { alerts, of } => {
                return format!("{alerts} of {of} alerts could not be handled").into();
            }
            Self::Panicked => "the handler panicked",
            Self::HandlerTimeout => "the handler took too long",
        })
    }

    pub(super) fn response(self, accepted: &[Credentials]) -> Response<Full<Bytes>> {
        let (status, is_method) = (self.status(), self == Self::Method);
        let mut response = Response::new(Full::new(Bytes::from(self.text().into_owned() + "\n")));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
        if is_method {
            headers.insert(ALLOW, HeaderValue::from_static("POST"));
        }
        if status == StatusCode::UNAUTHORIZED {
            for challenge in Credentials::challenges(accepted, "alerts") {
                headers.append(WWW_AUTHENTICATE, challenge);
            }
        }
        response
    }
}
