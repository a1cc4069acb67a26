use http::header::{HeaderMap, HeaderName, HeaderValue};
use tracing::Span;

/// The verified header of a debug request.
#[derive(Debug, Clone)]
pub(crate) struct Granted {
    level: &'static str,
    name: HeaderName,
    pub(crate) value: HeaderValue,
}

impl Granted {
    pub(crate) const fn new(level: &'static str, name: HeaderName, value: HeaderValue) -> Self {
        Self { level, name, value }
    }

    /// The most verbose level to log the request at.
    pub(crate) const fn level(&self) -> &'static str {
        self.level
    }

    /// Stores the header in the request's span, for the calls made within.
    pub(crate) fn carry(self, span: &Span) {
        radiosonde_trace::put_value(span, self);
    }
}

/// Adds the header of the debug request that a call is made for, if there is one.
pub(crate) fn forward(span: &Span, headers: &mut HeaderMap) {
    if let Some(granted) = radiosonde_trace::inherited_value::<Granted>(span) {
        headers.insert(granted.name, granted.value);
    }
}
