use std::fmt::{self, Write as _};
use std::sync::Arc;

use radiosonde_core::survive;
use radiosonde_metrics::model::OVERFLOW;
use radiosonde_signals::{BoundedNames, Ended};

use crate::describing::short_text::ShortText;
use crate::routing::find_label::FindLabel;
use crate::routing::request_head::RequestHead;

/// A further label, by a closure, with a bounded number of values.
pub(crate) struct ExtraLabel {
    pub(crate) name: String,
    find: Arc<dyn FindLabel>,
    known: BoundedNames<Arc<str>>,
}

impl ExtraLabel {
    pub(crate) fn new(name: String, limit: usize, find: Arc<dyn FindLabel>) -> Self {
        Self { name, find, known: BoundedNames::new("values of a further label", limit) }
    }

    /// The value for a request: empty without one, also if the closure panics.
    pub(crate) fn value(&self, head: &RequestHead<'_>) -> Arc<str> {
        let Some(value) = survive(|| self.find.label(head)).flatten() else { return "".into() };
        let known = self.known.admit(&value, || Arc::from(&*value));
        known.map_or_else(|| OVERFLOW.into(), |known| Arc::clone(known.as_ref()))
    }
}

impl fmt::Debug for ExtraLabel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExtraLabel")
            .field("name", &self.name)
            .field("known", &self.known)
            .finish_non_exhaustive()
    }
}

/// A further label, by an annotation of the request, with the values it may have.
#[derive(Debug, Clone)]
pub(crate) struct AnnotatedLabel {
    /// The annotation's key.
    key: String,
    values: Vec<String>,
}

impl AnnotatedLabel {
    pub(crate) const fn new(key: String, values: Vec<String>) -> Self {
        Self { key, values }
    }

    /// The key as the name of a label.
    pub(crate) fn name(&self) -> String {
        self.key.replace(['.', '-'], "_")
    }

    /// The label's value: empty without the annotation, and `_OTHER` if its value is not in the list.
    pub(crate) fn value(&self, ended: &Ended) -> &str {
        let Some(annotated) = ended.annotation(&self.key) else { return "" };
        let mut text = ShortText::default();
        // Writing to a text does not fail.
        let _ = write!(text, "{annotated}");
        self.values.iter().find(|value| **value == *text.as_str()).map_or("_OTHER", |value| value)
    }
}
