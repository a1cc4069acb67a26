use std::any::TypeId;
use std::fmt;
use std::marker::PhantomData;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use radiosonde_core::canonical::CanonicalRecord;
use radiosonde_core::{SpanContext, SpanEnder};
use radiosonde_trace::bridging::{self, SpanControl, set_outer_context};
use tracing::dispatcher::WeakDispatch;
use tracing::span::{Attributes, Id};
use tracing::{Dispatch, Event, Subscriber};
use tracing_opentelemetry::get_otel_context;
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use crate::contexts::conversion;
use crate::contexts::outer::{self, OtelCurrent};
use crate::layer::control::OtelSpans;
use crate::layer::ender::span_ender;
use crate::layer::entered;

/// Stands beside an application's own layer of tracing-opentelemetry, whose spans log lines, exemplars and middleware then
/// know.
///
/// # Shape
/// While a span is entered, its ids are [`SpanContext::current`]. [`set_parent`](radiosonde_trace::set_parent) and the other
/// functions on spans reach tracing-opentelemetry's spans, so a server layer continues the trace of a request. Add it after
/// that layer:
///
/// ```
/// # use opentelemetry::trace::noop::NoopTracer;
/// # let their_tracer = NoopTracer::new();
/// use radiosonde_opentelemetry::MirrorLayer;
/// use tracing_subscriber::layer::SubscriberExt as _;
///
/// let subscriber = tracing_subscriber::registry()
///     .with(tracing_opentelemetry::layer().with_tracer(their_tracer))
///     .with(MirrorLayer::new());
/// # drop(subscriber);
/// ```
///
/// It makes no spans and exports none. Do not use it beside [`TracePipeline::layer`](radiosonde_trace::TracePipeline::layer),
/// which makes its own spans current.
pub struct MirrorLayer<S> {
    /// Distinguishes this layer's spans from those of another subscriber on the same thread.
    number: u64,
    dispatch: OnceLock<WeakDispatch>,
    control: SpanControl,
    ender: SpanEnder,
    _subscriber: PhantomData<fn(S)>,
}

impl<S> MirrorLayer<S> {
    /// Creates a mirror; one per subscriber.
    #[must_use]
    pub fn new() -> Self {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        set_outer_context(&OtelCurrent);
        bridging::find_canonical_records(entered::canonical);
        Self {
            // Relaxed: the numbers must differ, and need no order.
            number: NUMBER.fetch_add(1, Ordering::Relaxed),
            dispatch: OnceLock::new(),
            control: SpanControl::new(OtelSpans),
            ender: span_ender(),
            _subscriber: PhantomData,
        }
    }
}

impl<S> Default for MirrorLayer<S> {
    fn default() -> Self {
        Self::new()
    }
}

impl<S> MirrorLayer<S>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    /// Starts a span, unless it has started, and stores its ids in its extensions, where log lines find them.
    fn started(&self, id: &Id, ctx: &Context<'_, S>) -> Option<SpanContext> {
        let span = ctx.span(id)?;
        if let Some(known) = span.extensions().get::<SpanContext>() {
            return Some(*known);
        }
        // No lock of the extensions may be held here: starting takes it.
        let context = self.start(id)?;
        span.extensions_mut().replace(context);
        Some(context)
    }

    fn start(&self, id: &Id) -> Option<SpanContext> {
        match self.dispatch.get().and_then(WeakDispatch::upgrade) {
            Some(dispatch) => conversion::span_context(&get_otel_context(id, &dispatch)?),
            // A layer in a `Vec` or an `Option` does not know its subscriber. The other layer has made the span current.
            None => outer::map_current(conversion::span_context)?,
        }
    }
}

impl<S> Layer<S> for MirrorLayer<S>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    fn on_register_dispatch(&self, dispatch: &Dispatch) {
        // Weak, or the subscriber would keep itself alive.
        let _ = self.dispatch.set(dispatch.downgrade());
    }

    fn on_new_span(&self, attrs: &Attributes<'_>, id: &Id, ctx: Context<'_, S>) {
        let around = || attrs.is_contextual().then(entered::canonical).flatten();
        if let Some(record) = CanonicalRecord::of_thread().or_else(around)
            && let Some(span) = ctx.span(id)
        {
            span.extensions_mut().replace(record);
        }
    }

    fn event_enabled(&self, event: &Event<'_>, ctx: Context<'_, S>) -> bool {
        // Here and not in `on_event`: every layer gets this call before any of them sees the event.
        if let Some(parent) = event.parent() {
            let _ = self.started(parent, &ctx);
        }
        true
    }

    fn on_enter(&self, id: &Id, ctx: Context<'_, S>) {
        let record = ctx.span(id).and_then(|span| span.extensions().get::<CanonicalRecord>().cloned());
        entered::enter(self.number, id, self.started(id, &ctx), record);
    }

    fn on_exit(&self, id: &Id, _ctx: Context<'_, S>) {
        entered::exit(self.number, id);
    }

    #[allow(unsafe_code, reason = "the trait's method is unsafe; middleware reaches the spans through it")]
    // SAFETY: the trait requires a pointer to a value of the type with this id, valid for as long as `self`. It points to
    // `self` or to a field of it.
    unsafe fn downcast_raw(&self, id: TypeId) -> Option<*const ()> {
        if id == TypeId::of::<Self>() {
            Some(std::ptr::from_ref(self).cast())
        } else if id == TypeId::of::<SpanControl>() {
            Some(std::ptr::from_ref(&self.control).cast())
        } else if id == TypeId::of::<SpanEnder>() {
            Some(std::ptr::from_ref(&self.ender).cast())
        } else {
            None
        }
    }
}

impl<S> fmt::Debug for MirrorLayer<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MirrorLayer").finish_non_exhaustive()
    }
}
