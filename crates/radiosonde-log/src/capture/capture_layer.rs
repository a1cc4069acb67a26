use std::sync::{Arc, Weak};

use tracing_core::span::{Attributes, Id, Record};
use tracing_core::{Dispatch, Event, Interest, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::registry::LookupSpan;

use crate::builder::{BuildError, JsonLayerBuilder};
use crate::capture::captured_logs::CapturedLogs;
use crate::capture::owner::{Owner, Place, ToOwner};
use crate::layer::JsonLayer;

/// A layer for a subscriber of one's own, and what comes through it: from every thread, and up to the levels that the
/// subscriber's filters let through. The lines look as the builder says; it needs no writer.
///
/// ```
/// use radiosonde_core::{Level, Resource};
/// use radiosonde_log::JsonLayer;
/// use radiosonde_log::capture::capture_layer;
/// use tracing_subscriber::layer::SubscriberExt as _;
///
/// let (layer, logs) = capture_layer(JsonLayer::builder(&Resource::new("orders")).static_field("region", "eu-1"))?;
/// tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || tracing::info!("paid"));
/// logs.assert_contains(Level::Info, "paid");
/// assert_eq!(logs.lines()[0].field("region"), Some(&"eu-1".into()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// Those of [`JsonLayerBuilder::build`].
pub fn capture_layer(builder: JsonLayerBuilder) -> Result<(CaptureLayer, CapturedLogs), BuildError> {
    let owner = Arc::new(Owner::default());
    let layer = CaptureLayer::new(builder, Some(Arc::clone(&owner)))?;
    Ok((layer, CapturedLogs::of(owner)))
}

/// Takes the lines of tests apart. Made by [`capture_layer`].
#[derive(Debug)]
pub struct CaptureLayer {
    json: JsonLayer,
    /// Who gets everything; without one, events are told apart.
    owner: Option<Arc<Owner>>,
}

/// Whose a span is. Weak, as a span may live longer than the test.
#[derive(Debug, Clone)]
struct OwnerOfSpan(Weak<Owner>);

impl CaptureLayer {
    pub(crate) fn new(builder: JsonLayerBuilder, owner: Option<Arc<Owner>>) -> Result<Self, BuildError> {
        Ok(Self { json: builder.sink(Arc::new(ToOwner)).build()?, owner })
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
            let owner =
                inherited.or_else(|| Place::OfThread.get().map(|owner| OwnerOfSpan(Arc::downgrade(&owner))));
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
            of_span.map_or_else(|| Place::OfThread.get(), |owner| owner.0.upgrade())
        });
        if owner.is_some() {
            // Put back at the end: formatting a value of this event may emit another one.
            let _held = Place::OfEvent.hold(owner);
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
