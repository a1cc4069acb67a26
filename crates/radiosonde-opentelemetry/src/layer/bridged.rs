use std::any::TypeId;
use std::fmt;

use tracing::span::{Attributes, Id, Record};
use tracing::{Dispatch, Event, Subscriber};
use tracing_opentelemetry::OpenTelemetryLayer;
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use crate::bridge::OpenTelemetryBridge;
use crate::contexts::{conversion, outer};
use crate::layer::entered;
use crate::layer::mirror::MirrorLayer;
use crate::tracer::ending::is_ending;
use crate::tracer::tracer::BridgeTracer;

/// The layer of tracing-opentelemetry with our tracer and a [`MirrorLayer`]. Created by
/// [`OpenTelemetryBridge::layer`](crate::OpenTelemetryBridge::layer).
pub struct BridgedLayer<S> {
    otel: OpenTelemetryLayer<S, BridgeTracer>,
    mirror: MirrorLayer<S>,
}

impl OpenTelemetryBridge {
    /// The layer of tracing-opentelemetry in place of [`TracePipeline::layer`](radiosonde_trace::TracePipeline::layer), for
    /// programs that use its `OpenTelemetrySpanExt`.
    ///
    /// Its spans are sampled by the pipeline's sampler and go to its sinks. The README lists where they differ from those of
    /// the pipeline's own layer. Attributes that follow no convention, such as `busy_ns` and `thread.id`, are off; for other
    /// settings, combine the parts: `tracing_opentelemetry::layer().with_tracer(bridge.tracer()).and_then(MirrorLayer::new())`.
    ///
    /// ```
    /// # use radiosonde_core::Resource;
    /// # use radiosonde_trace::{CaptureSpans, TracePipeline};
    /// # use radiosonde_opentelemetry::OpenTelemetryBridge;
    /// # use tracing_subscriber::layer::SubscriberExt as _;
    /// # let spans = CaptureSpans::new();
    /// # let pipeline = TracePipeline::builder(&Resource::new("orders")).sink(spans.clone()).build()?;
    /// let bridge = OpenTelemetryBridge::new(&pipeline);
    /// let subscriber = tracing_subscriber::registry().with(bridge.layer());
    /// # tracing::subscriber::with_default(subscriber, || tracing::info_span!("price").in_scope(|| ()));
    /// # assert!(spans.find("price").is_some());
    /// # Ok::<(), radiosonde_metrics::RegisterError>(())
    /// ```
    #[must_use]
    pub fn layer<S>(&self) -> BridgedLayer<S>
    where
        S: Subscriber + for<'span> LookupSpan<'span>,
    {
        let otel = OpenTelemetryLayer::new(self.tracer())
            .with_location(false)
            .with_threads(false)
            .with_target(false)
            .with_level(false)
            .with_tracked_inactivity(false)
            .with_error_records_to_exceptions(false);
        BridgedLayer { otel, mirror: MirrorLayer::new() }
    }
}

impl<S> Layer<S> for BridgedLayer<S>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    fn on_register_dispatch(&self, dispatch: &Dispatch) {
        self.mirror.on_register_dispatch(dispatch);
    }

    fn on_new_span(&self, attrs: &Attributes<'_>, id: &Id, ctx: Context<'_, S>) {
        // A context entered by hand is unknown to OpenTelemetry.
        let by_hand = if attrs.is_contextual() { entered::by_hand() } else { None };
        let _current = by_hand
            .and_then(|parent| outer::map_current(|cx| conversion::with_parent(cx, &parent)))
            .map(opentelemetry::Context::attach);
        self.otel.on_new_span(attrs, id, ctx.clone());
        self.mirror.on_new_span(attrs, id, ctx);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, ctx: Context<'_, S>) {
        // The span that ends may be this one, whose lock is held.
        if !is_ending() {
            self.otel.on_record(id, values, ctx);
        }
    }

    fn on_follows_from(&self, id: &Id, follows: &Id, ctx: Context<'_, S>) {
        // As in `on_record`.
        if !is_ending() {
            self.otel.on_follows_from(id, follows, ctx);
        }
    }

    fn event_enabled(&self, event: &Event<'_>, ctx: Context<'_, S>) -> bool {
        self.mirror.event_enabled(event, ctx)
    }

    fn on_event(&self, event: &Event<'_>, ctx: Context<'_, S>) {
        // As in `on_record`.
        if !is_ending() {
            self.otel.on_event(event, ctx);
        }
    }

    fn on_enter(&self, id: &Id, ctx: Context<'_, S>) {
        self.otel.on_enter(id, ctx.clone());
        self.mirror.on_enter(id, ctx);
    }

    fn on_exit(&self, id: &Id, ctx: Context<'_, S>) {
        self.otel.on_exit(id, ctx.clone());
        self.mirror.on_exit(id, ctx);
    }

    fn on_close(&self, id: Id, ctx: Context<'_, S>) {
        self.otel.on_close(id, ctx);
    }

    #[allow(unsafe_code, reason = "the trait's method is unsafe; without it the parts cannot be reached")]
    // SAFETY: the trait requires a pointer to a value of the type with this id, valid for as long as `self`. It points to
    // `self`, or to what one of its fields returns under the same rule.
    unsafe fn downcast_raw(&self, id: TypeId) -> Option<*const ()> {
        if id == TypeId::of::<Self>() {
            return Some(std::ptr::from_ref(self).cast());
        }
        // SAFETY: the caller's guarantee is passed on unchanged.
        unsafe { self.mirror.downcast_raw(id).or_else(|| self.otel.downcast_raw(id)) }
    }
}

impl<S> fmt::Debug for BridgedLayer<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BridgedLayer").finish_non_exhaustive()
    }
}
