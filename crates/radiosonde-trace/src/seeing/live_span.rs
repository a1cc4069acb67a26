use std::time::Duration;

use radiosonde_core::{SpanContext, SpanId};

use crate::records::record::Record;
use crate::spans::attribute::{Attribute, AttributeValue};
use crate::spans::decoding;
use crate::spans::finished_span::SpanKind;

/// A span that is open, as it is now.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct LiveSpan {
    /// Its name.
    pub name: String,
    /// The role it has in its trace.
    pub kind: SpanKind,
    /// Its ids and flags.
    pub context: SpanContext,
    /// The parent span; `None` for the root of a trace.
    pub parent: Option<SpanId>,
    /// How long it has been open.
    pub age: Duration,
    /// The attributes so far.
    pub attributes: Vec<Attribute>,
}

impl LiveSpan {
    /// The value of an attribute; `None` without it.
    #[must_use]
    pub fn attribute(&self, key: &str) -> Option<&AttributeValue> {
        self.attributes.iter().find(|attribute| attribute.key == key).map(|attribute| &attribute.value)
    }

    pub(crate) fn of(record: &Record, now: u64) -> Option<Self> {
        let own = record.own.as_ref()?;
        Some(Self {
            name: record.fields.directives.name().unwrap_or(record.metadata.name()).to_owned(),
            kind: record.fields.directives.kind.unwrap_or(SpanKind::Internal),
            context: own.context(),
            parent: record.parent,
            age: Duration::from_nanos(now.saturating_sub(record.start)),
            attributes: decoding::span(own.context(), false, "", &record.fields.bytes).attributes,
        })
    }
}
