//! The stub without the `debug-header` feature: there are no debug requests.

use http::header::HeaderMap;
use radiosonde_core::SharedClock;
use radiosonde_metrics::{RegisterError, Registry};
use tracing::Span;

/// Has no values.
#[derive(Debug, Clone)]
pub(crate) enum DebugRequests {}

/// Has no values.
#[derive(Debug)]
pub(crate) enum DebugVerifier {}

impl DebugVerifier {
    pub(crate) fn new(requests: DebugRequests, _: &Registry, _: SharedClock) -> Result<Self, RegisterError> {
        match requests {}
    }

    pub(crate) const fn granted(&self, _: &HeaderMap) -> Option<Granted> {
        match *self {}
    }
}

/// Has no values.
#[derive(Debug)]
pub(crate) enum Granted {}

impl Granted {
    pub(crate) const fn level(&self) -> &'static str {
        match *self {}
    }

    pub(crate) const fn carry(self, _: &Span) {
        match self {}
    }
}

/// Forwards nothing.
pub(crate) const fn forward(_: &Span, _: &mut HeaderMap) {}
