use std::borrow::Cow;
use std::sync::Arc;

use radiosonde_core::WorkIds;
use tracing::Span;

use crate::active::set_parent_error::SetParentError;
use crate::active::span_attributes::SpanAttributes;
use crate::active::span_control::ControlSpans;
use crate::entering::promoted_entries;
use crate::layer::spans::Spans;
use crate::propagation::remote_context::RemoteContext;
use crate::records::attributes::{Key, hash};
use crate::records::directives::StatusCode;
use crate::records::fields::Fields;
use crate::spans::attribute::AttributeValue;
use crate::spans::attribute_ref::AttributeRef;
use crate::spans::encoding::{SPAN_ATTRIBUTES, Written, key_field, with_written};
use crate::spans::finished_span::{SpanLink, SpanStatus};

/// Lets the functions of this crate change the spans of a layer.
#[derive(Debug)]
pub(crate) struct SpanDoors(pub(crate) Arc<Spans>);

impl SpanDoors {
    fn change(&self, span: &Span, change: impl FnOnce(&mut Fields)) {
        let id = id_of(span);
        if self.0.recording(id).is_some() {
            let mut scratch = Fields::scratch();
            change(scratch.fields());
            self.0.merge(id, scratch.fields());
        }
    }
}

impl ControlSpans for SpanDoors {
    fn context(&self, span: &Span) -> Option<RemoteContext> {
        self.0.context(id_of(span))
    }

    fn set_parent(&self, span: &Span, parent: &RemoteContext) -> Result<(), SetParentError> {
        match self.0.set_parent(id_of(span), parent) {
            Some(true) => Ok(()),
            Some(false) => Err(SetParentError::AlreadyStarted),
            None => Err(SetParentError::Disabled),
        }
    }

    fn set_attribute(&self, span: &Span, key: Cow<'static, str>, value: AttributeValue) {
        let limits = self.0.settings.limits;
        self.change(span, |fields| {
            let field = key_field(&key);
            let key = Key { hash: hash(&key), field: &field };
            let Fields { bytes, attributes, .. } = fields;
            with_written(&limits.cut_value(value), &mut |value| {
                attributes.push(bytes, (SPAN_ATTRIBUTES, 1), key, value);
            });
        });
    }

    fn describe(&self, span: &Span, describe: &mut dyn FnMut(&mut SpanAttributes<'_>)) {
        let limits = self.0.settings.limits;
        self.change(span, |fields| {
            let Fields { bytes, attributes, .. } = fields;
            describe(&mut SpanAttributes::new(&mut |key, value| {
                let value = match value {
                    AttributeRef::Text(text) => AttributeRef::Text(limits.cut(text)),
                    other => other,
                };
                attributes.push_named(bytes, SPAN_ATTRIBUTES, key, &value.written());
            }));
        });
    }

    fn set_work_ids(&self, span: &Span, ids: &WorkIds) {
        let is_declared = declares(span, ids);
        if !is_declared {
            promoted_entries::read_by_lines();
            let limits = self.0.settings.limits;
            self.change(span, |fields| {
                let Fields { bytes, attributes, .. } = fields;
                ids.fields(&mut |name, id| {
                    attributes.push_named(bytes, SPAN_ATTRIBUTES, name, &Written::Text(limits.cut(id)));
                });
            });
        }
        self.0.set_work_ids(id_of(span), ids.clone(), is_declared);
    }

    fn set_status(&self, span: &Span, status: SpanStatus) {
        self.change(span, |fields| match status {
            SpanStatus::Unset => {}
            SpanStatus::Ok => fields.directives.set_status(StatusCode::Ok),
            SpanStatus::Error { description } => {
                fields.directives.set_status(StatusCode::Error);
                fields.directives.set_description(self.0.settings.limits.cut(&description));
            }
        });
    }

    fn set_name(&self, span: &Span, name: Cow<'static, str>) {
        self.change(span, |fields| fields.directives.set_name(self.0.settings.limits.cut(&name)));
    }

    fn add_link(&self, span: &Span, link: SpanLink) {
        self.0.add_link(id_of(span), link);
    }

    fn reads_entered_context(&self) -> bool {
        true
    }

    fn keep(&self, span: &Span) {
        self.change(span, |fields| fields.directives.keep = true);
    }
}

/// Whether a span has a field for each of these ids.
fn declares(span: &Span, ids: &WorkIds) -> bool {
    let mut is_declared = true;
    ids.fields(&mut |name, _| is_declared &= span.has_field(name));
    is_declared
}

/// No span has the id 0.
fn id_of(span: &Span) -> u64 {
    span.id().map_or(0, |id| id.into_u64())
}
