//! The stub without the `requests` feature: there are no requests in flight to serve.

use http::{HeaderMap, Response};

use crate::answering::body::AdminBody;

/// Has no values.
#[derive(Debug, Clone)]
pub(crate) enum RequestsPart {}

impl RequestsPart {
    pub(crate) const fn respond(&self, _: &HeaderMap, _: bool) -> Response<AdminBody> {
        match *self {}
    }
}
