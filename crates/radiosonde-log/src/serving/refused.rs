use std::borrow::Cow;

use http::header::{ALLOW, CONNECTION, CONTENT_TYPE, HeaderValue, WWW_AUTHENTICATE};
use http::{Response, StatusCode};
use radiosonde_metrics::Credentials;

use crate::filtering::level_reload::ReloadError;
use crate::serving::body::LevelsBody;

/// The largest body of a request.
pub(crate) const MAX_BYTES: usize = 8192;

/// Why a request is not done.
#[derive(Debug)]
pub(crate) enum Refused {
    /// It shows no credentials, or none that are known.
    Credentials,
    /// Nobody may change anything here.
    ReadOnly,
    Method,
    TooLarge,
    MediaType,
    /// What it says cannot be understood.
    Request(Cow<'static, str>),
    Change(ReloadError),
}

impl Refused {
    pub(crate) fn response(&self, accepted: &[Credentials]) -> Response<LevelsBody> {
        let (status, text) = match self {
            Self::Credentials => (StatusCode::UNAUTHORIZED, "credentials are required".into()),
            Self::ReadOnly => {
                (StatusCode::FORBIDDEN, "levels can only be looked at here: no credentials are set up".into())
            }
            Self::Method => (StatusCode::METHOD_NOT_ALLOWED, format!("allowed are {METHODS}")),
            Self::TooLarge => (
                StatusCode::PAYLOAD_TOO_LARGE,
                format!("the body is too large; allowed are {MAX_BYTES} bytes"),
            ),
            Self::MediaType => {
                let text = "the content type is unknown; allowed are text/plain and application/json";
                (StatusCode::UNSUPPORTED_MEDIA_TYPE, text.into())
            }
            Self::Request(why) => (StatusCode::BAD_REQUEST, why.clone().into_owned()),
            Self::Change(error @ ReloadError::Thread(_)) => {
                (StatusCode::SERVICE_UNAVAILABLE, error.to_string())
            }
            Self::Change(error) => (StatusCode::BAD_REQUEST, error.to_string()),
        };
        let mut response = Response::new(LevelsBody::new(Some((text + "\n").into())));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
        match self {
            Self::Credentials => {
                for challenge in Credentials::challenges(accepted, "log levels") {
                    headers.append(WWW_AUTHENTICATE, challenge);
                }
            }
            Self::Method => {
                headers.insert(ALLOW, HeaderValue::from_static(METHODS));
            }
            Self::TooLarge => {
                // What is left of the body is not read.
                headers.insert(CONNECTION, HeaderValue::from_static("close"));
            }
            Self::ReadOnly | Self::MediaType | Self::Request(_) | Self::Change(_) => {}
        }
        response
    }
}

const METHODS: &str = "GET, HEAD, PUT, DELETE";
