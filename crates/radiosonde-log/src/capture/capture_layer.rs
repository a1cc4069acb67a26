use std::sync::{Arc, Weak};

use tracing_core::span::{Attributes, Id, Record};
use tracing_core::{Dispatch, Event, Interest, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::registry::LookupSpan;

use crate::capture::owner::{CurrentOwner, Owner, ToOwner};
use crate::layer::build_error::JsonLayerBuildError;
use crate::layer::json_layer::JsonLayer;
use crate::layer::log_options::LogOptions;

/// Passes each event's line to the capture that owns it. Created by [`capture_layer`](crate::capture::capture_layer).
#[derive(Debug)]
pub struct CaptureLayer {
    json: JsonLayer,
    /// The owner of every event; `None` to find each event's owner.
    owner: Option<Arc<Owner>>,
}

/// The owner of a span. Weak, since a span may outlive the test.
#[derive(Debug, Clone)]
struct OwnerOfSpan(Weak<Owner>);

impl CaptureLayer {
    pub(crate) fn new(builder: LogOptions, owner: Option<Arc<Owner>>) -> Result<Self, JsonLayerBuildError> {
        Ok(Self { json: builder.sink(ToOwner).build()?, owner })
    }
}

impl<S> Layer<S> for CaptureLayer
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_register_dispatch(&self, dispatch: &Dispatch) {
        Layer::<S>::on_register_dispatch(&self.json, dispatch);
    }

    fn on_layer(&mut self, subscriber: &mut S) {
        self.json.on_layer(subscriber);
    }

    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        Layer::<S>::register_callsite(&self.json, metadata)
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, ctx: Context<'_, S>) {
        if let Some(span) = ctx.span(id) {
            let inherited =
                span.parent().and_then(|parent| parent.extensions().get::<OwnerOfSpan>().cloned());
            let owner = inherited
                .or_else(|| CurrentOwner::Thread.get().map(|owner| OwnerOfSpan(Arc::downgrade(&owner))));
            if let Some(owner) = owner {
                span.extensions_mut().replace(owner);
            }
        }
        self.json.on_new_span(attributes, id, ctx);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, ctx: Context<'_, S>) {
        self.json.on_record(id, values, ctx);
    }

    fn on_event(&self, event: &Event<'_>, ctx: Context<'_, S>) {
        let owner = self.owner.clone().or_else(|| {
            let of_span =
                ctx.event_span(event).and_then(|span| span.extensions().get::<OwnerOfSpan>().cloned());
            of_span.map_or_else(|| CurrentOwner::Thread.get(), |owner| owner.0.upgrade())
        });
        if owner.is_some() {
            // Restored at the end: formatting a value of this event may emit another one.
            let _held = CurrentOwner::Event.hold(owner);
            self.json.on_event(event, ctx);
        }
    }

    fn on_enter(&self, id: &Id, ctx: Context<'_, S>) {
        self.json.on_enter(id, ctx);
    }

    fn on_exit(&self, id: &Id, ctx: Context<'_, S>) {
        self.json.on_exit(id, ctx);
    }

    fn on_close(&self, id: Id, ctx: Context<'_, S>) {
        self.json.on_close(id, ctx);
    }
}
