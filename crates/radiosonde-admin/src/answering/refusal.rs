use std::borrow::Cow;

use bytes::Bytes;
use http::header::{ALLOW, HeaderName, HeaderValue, WWW_AUTHENTICATE};
use http::{Response, StatusCode};

use crate::answering::body::AdminBody;

/// A request that is not served: its status and the reason, as text for people.
#[derive(Debug)]
pub(crate) struct Refusal {
    status: StatusCode,
    reason: Cow<'static, str>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Refusal {
    pub(crate) fn new(status: StatusCode, reason: impl Into<Cow<'static, str>>) -> Self {
        Self { status, reason: reason.into(), headers: Vec::new() }
    }

    pub(crate) fn bad_request(reason: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, reason)
    }

    pub(crate) fn unauthorized(challenges: impl Iterator<Item = HeaderValue>) -> Self {
        let refusal = Self::new(StatusCode::UNAUTHORIZED, "credentials are required");
        Self { headers: challenges.map(|challenge| (WWW_AUTHENTICATE, challenge)).collect(), ..refusal }
    }

    pub(crate) fn method(allowed: &'static str) -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, format!("invalid method: expected {allowed}"))
            .header(ALLOW, allowed)
    }

    pub(crate) fn header(mut self, name: HeaderName, value: &'static str) -> Self {
        self.headers.push((name, HeaderValue::from_static(value)));
        self
    }

    #[cfg(test)]
    pub(crate) fn reason(&self) -> &str {
        &self.reason
    }

    pub(crate) fn response(self) -> Response<AdminBody> {
        let text = Bytes::from(self.reason.into_owned() + "\n");
        let mut response = AdminBody::response(text, "text/plain; charset=utf-8", false);
        *response.status_mut() = self.status;
        for (name, value) in self.headers {
            response.headers_mut().append(name, value);
        }
        response
    }
}
