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
use crate::remote_context::RemoteContext;
use crate::span_end::span_ender;
use crate::span_processor::is_in_sink;
use crate::started::{Started, StartedSpan};
use crate::tracer::LayerTracer;
use crate::unsigned::UnsignedFields;
use crate::{bridge, current, probe_state};

/// The access line of a request says what its span says already; it is not put into the span once more.
const ACCESS_TARGET: &str = "radiosonde::access";

/// Makes the spans of `tracing` into spans of a trace. One from [`TracePipeline::layer`](crate::TracePipeline::layer).
///
/// # Shape
/// A span's start, and with it its ids and whether it is sampled, is put off to its first use, so that
/// [`set_parent`](crate::set_parent) works until then. From then on its [`SpanContext`](radiosonde_core::SpanContext) is in its extensions, where other layers
/// read it whatever the order of the layers: also that of a span which was never entered, when an event names it as `parent:`.
/// While a span is entered its context is [`SpanContext::current`](radiosonde_core::SpanContext::current). A span that closes while a thread still has it entered, as by
/// a guard held across an await, is current nowhere any more: later lines and spans of that thread are not in its trace.
///
/// A span is the child of what is current on its thread: a span, a span of the OpenTelemetry API, or a context entered by
/// [`SpanContext::enter`](radiosonde_core::SpanContext::enter).
///
/// Fields `otel.name`, `otel.kind`, `otel.status_code` and `otel.status_description` steer the span; all others are its
/// attributes, unsigned ones as numbers. Events become events of the span; one of level ERROR marks it as failed.
///
/// Spans and events of [silenced](radiosonde_core::silence) threads, such as those that deliver spans, are ignored.
///
/// Must not be hidden in a wrapper that cannot be seen through, such as `tracing_subscriber::reload::Layer`;
/// [`TracePipeline::probe`](crate::TracePipeline::probe) tells.
///
/// # Cost
/// About a dozen allocations for a sampled span, most of them within the OpenTelemetry layer that this one wraps.
pub struct TraceLayer<S> {
    otel: OpenTelemetryLayer<S, LayerTracer>,
    installed: Installed,
    /// Tells this layer's spans from those of another subscriber on the same thread.
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
        // Off: attributes that cost about 250 bytes a span and are in every log line already, or that no convention knows.
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

    /// Starts a span by `start`, if it has not started yet, and remembers its ids in its extensions.
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
        // No lock of the extensions may be held here: starting takes them.
        let started = StartedSpan::new(start()?);
        let mut extensions = span.extensions_mut();
        // Another thread may have been here in between; there must be one mark of a span's end.
        if let Some(Started(known)) = extensions.get_mut() {
            return Some(Arc::clone(known));
        }
        if let Some(context) = started.context() {
            extensions.insert(context);
        }
        let started = Arc::new(started);
        extensions.insert(Started(Arc::clone(&started)));
        Some(started)
    }

    /// Starts a span of a subscriber that is known, and where this layer can be reached.
    fn start(&self, id: &Id) -> Option<OtelContext> {
        get_otel_context(id, &self.dispatch.get()?.upgrade()?)
    }

    /// Starts a span without the subscriber, which layers in a `Vec` or an `Option` are not told of.
    fn start_by_entering(&self, id: &Id, ctx: &Context<'_, S>) -> Option<OtelContext> {
        let span_id = |cx: &OtelContext| cx.span().span_context().span_id();
        let before = OtelContext::map_current(span_id);
        self.otel.on_enter(id, ctx.clone());
        let cx = OtelContext::current();
        self.otel.on_exit(id, ctx.clone());
        // Otherwise OpenTelemetry's stack was full, and the span is not current.
        (span_id(&cx) != before).then_some(cx)
    }

    fn new_span(&self, attrs: &Attributes<'_>, id: &Id, ctx: Context<'_, S>) {
        if attrs.is_contextual() {
            self.new_contextual(attrs, id, ctx);
        } else {
            self.otel.on_new_span(attrs, id, ctx);
        }
    }

    /// Makes a span whose values are to be formatted, which the layer within would do under a lock.
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

    /// Makes the span of OpenTelemetry, below what is current here.
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

    /// Spans that closed while they were entered here are on the registry's stack of this thread, where they hide those around
    /// them and make every enter dearer.
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

    /// Records values whose formatting may run the user's code; no lock is held meanwhile. A panic in one of them must not take the
    /// program along, nor the other values.
    fn record_values(&self, id: &Id, values: &Record<'_>, ctx: &Context<'_, S>) {
        // The layer within formats all values before it takes any: after a panic the span has none of them.
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
                    "field {name:?} panicked while it was formatted; it is missing in its span"
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

/// Passes on each field by itself.
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
        // Weak, or the subscriber would keep itself alive. A subscriber has one dispatch in its life.
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
        // The span that ends may be this one: the SDK holds its lock.
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
        // Here and not in `on_event`, because every layer is asked this before any of them sees the event.
        if let Some(parent) = event.parent() {
            let _ = self.started(parent, &ctx, || self.start(parent));
        }
        true
    }

    fn on_event(&self, event: &Event<'_>, ctx: Context<'_, S>) {
        let metadata = event.metadata();
        // In a sink the SDK holds the lock of the span that ends, which may be the one that the event is in.
        let is_wanted = *metadata.level() <= self.events
            && metadata.target() != ACCESS_TARGET
            && !is_silenced()
            && !is_in_sink();
        if is_wanted && survive(|| self.otel.on_event(event, ctx)).is_none() {
            report_value(format_args!(
                "a value panicked while it was formatted; its event is missing in the span"
            ));
        }
    }

    fn on_enter(&self, id: &Id, ctx: Context<'_, S>) {
        // The layer within only makes the span current, and would not notice that a thread never leaves it.
        let start = || self.start(id).or_else(|| self.start_by_entering(id, &ctx));
        let Some(span) = self.started(id, &ctx, start) else { return };
        let closed = current::enter(self.number, id, span);
        if !closed.is_empty() {
            self.leave_in_registry(closed);
        }
    }

    fn on_exit(&self, id: &Id, ctx: Context<'_, S>) {
        // A span that is left while the thread ends: what would be put back is gone.
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
        reason = "the trait's method is unsafe; without it the layer within cannot be reached"
    )]
    // SAFETY: the trait asks for a pointer to a value of the type with this id, valid for as long as `self`: it is to `self`, to
    // a field of it, or what the layer within gives under the same rule, which is a field as well.
    unsafe fn downcast_raw(&self, id: TypeId) -> Option<*const ()> {
        if id == TypeId::of::<Self>() {
            Some(std::ptr::from_ref(self).cast())
        } else if id == TypeId::of::<Installed>() {
            Some(std::ptr::from_ref(&self.installed).cast())
        } else if id == TypeId::of::<SpanEnder>() {
            Some(std::ptr::from_ref(&self.span_ender).cast())
        } else {
            // SAFETY: the caller's promise is passed on as it is.
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
