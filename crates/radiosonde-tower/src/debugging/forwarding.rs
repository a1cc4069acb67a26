use http::header::HeaderMap;
use tracing::Span;

use crate::debugging::granted::Granted;

/// Whether calls forward the header of the debug request they are made for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Forwarding {
    pub(crate) is_on: bool,
}

impl Forwarding {
    pub(crate) const OFF: Self = Self { is_on: false };

    pub(crate) fn put(self, span: &Span, headers: &mut HeaderMap) {
        if !self.is_on {
            return;
        }
        if let Some(granted) = radiosonde_trace::inherited_value::<Granted>(span) {
            headers.insert(granted.name, granted.value);
        }
    }
}
