use std::borrow::Cow;
use std::sync::Arc;

use tracing::Dispatch;
use tracing::span::Id;

use crate::active::set_parent_error::SetParentError;
use crate::active::span_control::ControlSpans;
use crate::layer::spans::Spans;
use crate::propagation::remote_context::RemoteContext;
use crate::records::attributes::{Key, hash};
use crate::records::directives::StatusCode;
use crate::records::fields::Fields;
use crate::spans::attribute::AttributeValue;
use crate::spans::encoding::{SPAN_ATTRIBUTES, Written, key_field, with_written};
use crate::spans::finished_span::{SpanLink, SpanStatus};

/// Lets the functions of this crate change the spans of a layer.
#[derive(Debug)]
pub(crate) struct SpanDoors(pub(crate) Arc<Spans>);

impl SpanDoors {
    fn change(&self, id: &Id, change: impl FnOnce(&mut Fields)) {
        let id = id.into_u64();
        if self.0.recording(id).is_some() {
            let mut scratch = Fields::scratch();
            change(scratch.fields());
            self.0.merge(id, scratch.fields());
        }
    }
}

impl ControlSpans for SpanDoors {
    fn context(&self, _: &Dispatch, id: &Id) -> Option<RemoteContext> {
        self.0.context(id.into_u64())
    }

    fn set_parent(&self, _: &Dispatch, id: &Id, parent: &RemoteContext) -> Result<(), SetParentError> {
        match self.0.set_parent(id.into_u64(), parent) {
            Some(true) => Ok(()),
            Some(false) => Err(SetParentError::AlreadyStarted),
            None => Err(SetParentError::Disabled),
        }
    }

    fn set_attribute(&self, _: &Dispatch, id: &Id, key: Cow<'static, str>, value: AttributeValue) {
        let limits = self.0.settings.limits;
        self.change(id, |fields| {
            let field = key_field(&key);
            let key = Key { hash: hash(&key), field: &field };
            let Fields { bytes, attributes, .. } = fields;
            with_written(&value, &mut |value| {
                let value = match value {
                    Written::Text(text) => Written::Text(limits.cut(text)),
                    other => *other,
                };
                attributes.push(bytes, (SPAN_ATTRIBUTES, 1), key, &value);
            });
        });
    }

    fn set_status(&self, _: &Dispatch, id: &Id, status: SpanStatus) {
        self.change(id, |fields| match status {
            SpanStatus::Unset => {}
            SpanStatus::Ok => fields.directives.set_status(StatusCode::Ok),
            SpanStatus::Error { description } => {
                fields.directives.set_status(StatusCode::Error);
                fields.directives.set_description(self.0.settings.limits.cut(&description));
            }
        });
    }

    fn set_name(&self, _: &Dispatch, id: &Id, name: Cow<'static, str>) {
        self.change(id, |fields| fields.directives.set_name(self.0.settings.limits.cut(&name)));
    }

    fn add_link(&self, _: &Dispatch, id: &Id, link: SpanLink) {
        self.0.add_link(id.into_u64(), &link);
    }

    fn keep(&self, _: &Dispatch, id: &Id) {
        self.change(id, |fields| fields.directives.keep = true);
    }
}
