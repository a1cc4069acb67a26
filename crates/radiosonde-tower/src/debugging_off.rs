//! Without the `debug-header` feature no request asks to be debugged.

use http::header::HeaderMap;
use radiosonde_core::SharedClock;
use radiosonde_metrics::{RegisterError, Registry};
use tracing::Span;

/// There are none.
#[derive(Debug, Clone)]
pub(crate) enum DebugRequests {}

/// There is none.
#[derive(Debug)]
pub(crate) enum DebugVerifier {}

impl DebugVerifier {
    pub(crate) const fn new(
        requests: DebugRequests,
        _: &Registry,
        _: SharedClock,
    ) -> Result<Self, RegisterError> {
        match requests {}
    }

    pub(crate) const fn granted(&self, _: &HeaderMap) -> Option<Granted> {
        match *self {}
    }
}

/// There is none.
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

/// Nothing is handed on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Forwarding;

impl Forwarding {
    pub(crate) const OFF: Self = Self;

    pub(crate) const fn put(self, _: &Span, _: &mut HeaderMap) {}
}
