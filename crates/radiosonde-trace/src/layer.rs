use std::any::TypeId;
use std::error::Error;
use std::fmt;
use std::sync::{Arc, OnceLock};

use opentelemetry::Context as OtelContext;
use opentelemetry::trace::TraceContextExt as _;
use radiosonde_core::silence::is_silenced;
use radiosonde_core::{SpanEnder, diagnostics, survive};
use tracing::dispatcher::WeakDispatch;
use tracing::field::{Field, Value, Visit, debug};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Dispatch, Event, Subscriber};
use tracing_opentelemetry::{OpenTelemetryLayer, get_otel_context};
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{Layer, Registry};

use crate::current::{Innermost, innermost};
use crate::installed::{Installed, next_number};
use crate::propagation::remote_context::RemoteContext;
use crate::span_end::span_ender;
use crate::span_processor::is_in_sink;
use crate::started::{Started, StartedSpan};
use crate::tracer::LayerTracer;
use crate::unsigned::UnsignedFields;
use crate::{bridge, current, probe_state};

/// Access lines repeat their request's span, so they are not added to it as events.
const ACCESS_TARGET: &str = "radiosonde::access";

/// Turns the spans of `tracing` into spans of a trace. Created by [`TracePipeline::layer`](crate::TracePipeline::layer).
///
/// # Shape
/// A span starts at its first use, which fixes its ids and sampling, so [`set_parent`](crate::set_parent) works until then.
/// From then on its [`SpanContext`](radiosonde_core::SpanContext) is in its extensions, where other layers read it whatever
/// the order of the layers. That includes a span that was never entered, when an event names it as `parent:`. While a span
/// is entered, its context is [`SpanContext::current`](radiosonde_core::SpanContext::current). A span that closes while a
/// thread still has it entered, as by a guard held across an await, is no longer current: later lines and spans of that
/// thread are not in its trace.
///
/// The parent of a span is what is current on its thread: a span, a span of the OpenTelemetry API, or a context entered by
/// [`SpanContext::enter`](radiosonde_core::SpanContext::enter).
///
/// The fields `otel.name`, `otel.kind`, `otel.status_code` and `otel.status_description` control the span; all others are
/// attributes, with unsigned ones as numbers. Events become events of the span; one at level ERROR marks it as failed.
///
/// Spans and events of [silenced](radiosonde_core::silence) threads, such as those that deliver spans, are ignored.
///
/// Do not wrap it in a layer that hides it, such as `tracing_subscriber::reload::Layer`;
/// [`TracePipeline::probe`](crate::TracePipeline::probe) detects that.
///
/// # Cost
/// About a dozen allocations for a sampled span, most of them in the wrapped OpenTelemetry layer.
pub struct TraceLayer<S> {
    otel: OpenTelemetryLayer<S, LayerTracer>,
    installed: Installed,
    /// Distinguishes this layer's spans from those of another subscriber on the same thread.
    number: u64,
    events: LevelFilter,
    dispatch: Arc<OnceLock<WeakDispatch>>,
    span_ender: SpanEnder,
}

impl<S> TraceLayer<S>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    pub(crate) fn new(tracer: LayerTracer, installed: Installed, events: LevelFilter) -> Self {
        // Off: attributes that cost about 250 bytes per span and are in every log line already, or follow no convention.
        let otel = OpenTelemetryLayer::new(tracer)
            .with_location(false)
            .with_threads(false)
            .with_target(false)
            .with_level(false)
            .with_tracked_inactivity(false)
            .with_error_fields_to_exceptions(false)
            .with_error_records_to_exceptions(false);
        let dispatch = Arc::default();
        Self { otel, installed, number: next_number(), events, dispatch, span_ender: span_ender::<S>() }
    }

    /// Starts a span with `start`, unless it has started, and stores its ids in its extensions.
    fn started(
        &self,
        id: &Id,
        ctx: &Context<'_, S>,
        start: impl FnOnce() -> Option<OtelContext>,
    ) -> Option<Arc<StartedSpan>> {
        let span = ctx.span(id)?;
        if let Some(Started(known)) = span.extensions().get() {
            return Some(Arc::clone(known));
        }
        // No lock of the extensions may be held here: starting takes it.
        let started = StartedSpan::new(start()?);
        let mut extensions = span.extensions_mut();
        // Another thread may have started it in between; a span must have only one mark for its end.
        if let Some(Started(known)) = extensions.get_mut() {
            return Some(Arc::clone(known));
        }
        if let Some(context) = started.context {
            extensions.insert(context);
        }
        let started = Arc::new(started);
        extensions.insert(Started(Arc::clone(&started)));
        Some(started)
    }

    /// Starts a span through its subscriber, if the subscriber is known and this layer is reachable.
    fn start(&self, id: &Id) -> Option<OtelContext> {
        get_otel_context(id, &self.dispatch.get()?.upgrade()?)
    }

    /// Starts a span without its subscriber, which is unknown to layers in a `Vec` or an `Option`.
    fn start_by_entering(&self, id: &Id, ctx: &Context<'_, S>) -> Option<OtelContext> {
        let span_id = |cx: &OtelContext| cx.span().span_context().span_id();
        let before = OtelContext::map_current(span_id);
        self.otel.on_enter(id, ctx.clone());
        let cx = OtelContext::current();
        self.otel.on_exit(id, ctx.clone());
        // Unchanged if OpenTelemetry's stack was full, so that the span is not current.
        (span_id(&cx) != before).then_some(cx)
    }

    fn new_span(&self, attrs: &Attributes<'_>, id: &Id, ctx: Context<'_, S>) {
        if attrs.is_contextual() {
            self.new_contextual(attrs, id, ctx);
        } else {
            self.otel.on_new_span(attrs, id, ctx);
        }
    }

    /// Creates a span without the values to be formatted, which the wrapped layer would format under a lock.
    fn new_without_values(&self, attrs: &Attributes<'_>, id: &Id, ctx: Context<'_, S>) {
        let none: [(&Field, Option<&dyn Value>); 0] = [];
        let (metadata, none) = (attrs.metadata(), attrs.fields().value_set(&none));
        let bare = match attrs.parent() {
            Some(parent) => Attributes::child_of(parent.clone(), metadata, &none),
            None if attrs.is_root() => Attributes::new_root(metadata, &none),
            None => Attributes::new(metadata, &none),
        };
        self.new_span(&bare, id, ctx);
    }

    /// Creates OpenTelemetry's span, as a child of what is current here.
    fn new_contextual(&self, attrs: &Attributes<'_>, id: &Id, ctx: Context<'_, S>) {
        let (metadata, values) = (attrs.metadata(), attrs.values());
        match innermost() {
            Innermost::Otel => self.otel.on_new_span(attrs, id, ctx),
            Innermost::Unattached(layer, parent, _) if layer == self.number => {
                self.otel.on_new_span(&Attributes::child_of(parent, metadata, values), id, ctx);
            }
            Innermost::ByHand(context) => {
                let parent = StartedSpan::new(OtelContext::map_current(|cx| {
                    bridge::with_parent(cx, &RemoteContext::local(context))
                }));
                match parent.attach() {
                    (_current, true) => self.otel.on_new_span(attrs, id, ctx),
                    (_, false) => self.otel.on_new_span(&Attributes::new_root(metadata, values), id, ctx),
                }
            }
            Innermost::Unattached(..) | Innermost::Gone => {
                self.otel.on_new_span(&Attributes::new_root(metadata, values), id, ctx);
            }
        }
    }

    /// Leaves spans that closed while entered here. The registry keeps them on this thread's stack, where they hide the
    /// enclosing spans and slow down every enter.
    fn leave_in_registry(&self, closed: Vec<(u64, Id)>) {
        let dispatch = self.dispatch.get().and_then(WeakDispatch::upgrade);
        let registry = dispatch.as_ref().and_then(|dispatch| dispatch.downcast_ref::<Registry>());
        let Some(registry) = registry else { return };
        for (layer, id) in closed {
            if layer == self.number {
                registry.exit(&id);
            }
        }
    }

    /// Records values whose formatting may run the user's code, holding no lock. A panic in one of them must affect neither
    /// the program nor the other values.
    fn record_values(&self, id: &Id, values: &Record<'_>, ctx: &Context<'_, S>) {
        // The wrapped layer formats all values before it records any: after a panic the span has none of them.
        if survive(|| self.otel.on_record(id, values, ctx.clone())).is_some() {
            return;
        }
        let Some(metadata) = ctx.metadata(id) else { return };
        values.record(&mut OneByOne(&mut |field, value| {
            let value = [(field, Some(value))];
            let value = metadata.fields().value_set(&value);
            if survive(|| self.otel.on_record(id, &Record::new(&value), ctx.clone())).is_none() {
                let name = field.name();
                report_value(format_args!(
                    "field {name:?} panicked while it was formatted; its span lacks it"
                ));
            }
        }));
    }

    fn remember_unsigned(&self, id: &Id, fields: UnsignedFields, ctx: &Context<'_, S>) {
        if fields.is_empty() {
            return;
        }
        let Some(span) = ctx.span(id) else { return };
        let mut extensions = span.extensions_mut();
        match extensions.get_mut::<UnsignedFields>() {
            Some(known) => known.update(fields),
            None => extensions.insert(fields),
        }
    }
}

fn report_value(message: fmt::Arguments<'_>) {
    diagnostics::report("trace", "value_panicked", message);
}

/// Passes on each field separately.
struct OneByOne<'a>(&'a mut dyn FnMut(&Field, &dyn Value));

impl Visit for OneByOne<'_> {
    fn record_f64(&mut self, field: &Field, value: f64) {
        (self.0)(field, &value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        (self.0)(field, &value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        (self.0)(field, &value);
    }

    fn record_i128(&mut self, field: &Field, value: i128) {
        (self.0)(field, &value);
    }

    fn record_u128(&mut self, field: &Field, value: u128) {
        (self.0)(field, &value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        (self.0)(field, &value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        (self.0)(field, &value);
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        (self.0)(field, &value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        (self.0)(field, &debug(value));
    }
}

impl<S> Layer<S> for TraceLayer<S>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    fn on_register_dispatch(&self, dispatch: &Dispatch) {
        // Weak, or the subscriber would keep itself alive. A subscriber has one dispatch in its lifetime.
        let _ = self.dispatch.set(dispatch.downgrade());
    }

    fn on_new_span(&self, attrs: &Attributes<'_>, id: &Id, ctx: Context<'_, S>) {
        if is_silenced() {
            return;
        }
        probe_state::seen();
        let mut unsigned = UnsignedFields::default();
        attrs.record(&mut unsigned);
        if unsigned.are_beside_formatted() {
            self.new_without_values(attrs, id, ctx.clone());
            self.record_values(id, &Record::new(attrs.values()), &ctx);
        } else {
            self.new_span(attrs, id, ctx.clone());
        }
        self.remember_unsigned(id, unsigned, &ctx);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, ctx: Context<'_, S>) {
        // The span that ends may be this one, whose lock the SDK holds.
        if is_in_sink() {
            return;
        }
        self.record_values(id, values, &ctx);
        let mut unsigned = UnsignedFields::default();
        values.record(&mut unsigned);
        self.remember_unsigned(id, unsigned, &ctx);
    }

    fn on_follows_from(&self, id: &Id, follows: &Id, ctx: Context<'_, S>) {
        // As in `on_record`.
        if !is_in_sink() {
            self.otel.on_follows_from(id, follows, ctx);
        }
    }

    fn event_enabled(&self, event: &Event<'_>, ctx: Context<'_, S>) -> bool {
        // Here and not in `on_event`: every layer gets this call before any of them sees the event.
        if let Some(parent) = event.parent() {
            let _ = self.started(parent, &ctx, || self.start(parent));
        }
        true
    }

    fn on_event(&self, event: &Event<'_>, ctx: Context<'_, S>) {
        let metadata = event.metadata();
        // In a sink the SDK holds the lock of the span that ends, which may be the event's span.
        let is_wanted = *metadata.level() <= self.events
            && metadata.target() != ACCESS_TARGET
            && !is_silenced()
            && !is_in_sink();
        if is_wanted && survive(|| self.otel.on_event(event, ctx)).is_none() {
            report_value(format_args!("a value panicked while it was formatted; its span lacks the event"));
        }
    }

    fn on_enter(&self, id: &Id, ctx: Context<'_, S>) {
        // The wrapped layer only makes the span current, and would not notice a thread that never leaves it.
        let start = || self.start(id).or_else(|| self.start_by_entering(id, &ctx));
        let Some(span) = self.started(id, &ctx, start) else { return };
        let closed = current::enter(self.number, id, span);
        if !closed.is_empty() {
            self.leave_in_registry(closed);
        }
    }

    fn on_exit(&self, id: &Id, ctx: Context<'_, S>) {
        // The span is left while the thread exits: the context to restore is gone.
        if current::is_gone() {
            return;
        }
        self.otel.on_exit(id, ctx);
        current::exit(self.number, id);
    }

    fn on_close(&self, id: Id, ctx: Context<'_, S>) {
        let remembered = ctx.span(&id).map(|span| {
            let mut extensions = span.extensions_mut();
            (extensions.remove::<UnsignedFields>(), extensions.remove())
        });
        let (unsigned, started) = remembered.unwrap_or_default();
        unsigned.unwrap_or_default().while_closing(|| self.otel.on_close(id, ctx));
        if let Some(Started(span)) = started {
            current::closed(&span);
        }
    }

    #[allow(
        unsafe_code,
        reason = "the trait's method is unsafe; without it the wrapped layer cannot be reached"
    )]
    // SAFETY: the trait requires a pointer to a value of the type with this id, valid for as long as `self`. It points to
    // `self`, to a field of it, or to what the wrapped layer, a field as well, returns under the same rule.
    unsafe fn downcast_raw(&self, id: TypeId) -> Option<*const ()> {
        if id == TypeId::of::<Self>() {
            Some(std::ptr::from_ref(self).cast())
        } else if id == TypeId::of::<Installed>() {
            Some(std::ptr::from_ref(&self.installed).cast())
        } else if id == TypeId::of::<SpanEnder>() {
            Some(std::ptr::from_ref(&self.span_ender).cast())
        } else {
            // SAFETY: the caller's guarantee is passed on unchanged.
            unsafe { self.otel.downcast_raw(id) }
        }
    }
}

impl<S> fmt::Debug for TraceLayer<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TraceLayer")
            .field("pipeline", &self.installed.pipeline)
            .field("events", &self.events)
            .finish_non_exhaustive()
    }
}
