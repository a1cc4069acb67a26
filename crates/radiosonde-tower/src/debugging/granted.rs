use http::header::{HeaderName, HeaderValue};
use tracing::Span;

/// A request's header that was found to be in order.
#[derive(Debug, Clone)]
pub(crate) struct Granted {
    level: &'static str,
    pub(crate) name: HeaderName,
    pub(crate) value: HeaderValue,
}

impl Granted {
    pub(crate) const fn new(level: &'static str, name: HeaderName, value: HeaderValue) -> Self {
        Self { level, name, value }
    }

    /// Up to which level the request is to be debugged.
    pub(crate) const fn level(&self) -> &'static str {
        self.level
    }

    /// Leaves it in the request's span, for the calls that are made within.
    pub(crate) fn carry(self, span: &Span) {
        radiosonde_trace::put_value(span, self);
    }
}
