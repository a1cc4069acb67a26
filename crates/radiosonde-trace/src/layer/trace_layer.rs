use std::any::TypeId;
use std::fmt;
use std::marker::PhantomData;
use std::ptr;
use std::sync::{Arc, OnceLock};

use radiosonde_core::SpanEnder;
use radiosonde_core::canonical::CanonicalRecord;
use radiosonde_core::silence::is_silenced;
use tracing::dispatcher::WeakDispatch;
use tracing::span::{Attributes, Id, Record};
use tracing::{Dispatch, Event, Subscriber};
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{Layer, Registry};

use crate::active::annotating;
use crate::active::span_control::SpanControl;
use crate::entering::promoted_entries;
use crate::entering::stack::{self, Entering};
use crate::layer::ending::span_ender;
use crate::layer::span_doors::SpanDoors;
use crate::layer::spans::Spans;
use crate::processing::installed::Installed;
use crate::processing::probe_state;
use crate::propagation::remote_context::RemoteContext;

/// Turns the spans of `tracing` into spans of a trace. Created by [`TracePipeline::layer`](crate::TracePipeline::layer).
///
/// # Shape
/// A span gets its ids, and the sampler decides on it, when it is made. [`set_parent`](crate::set_parent) changes both until
/// the ids are used: by entering the span, making a child, or reading its context. While a span is entered, its context is
/// [`SpanContext::current`](radiosonde_core::SpanContext::current). For an event that names a span as `parent:`, the context
/// is in that span's extensions before any layer sees the event, whatever the order of the layers. A span that closes while a
/// thread still has it entered, as by a guard held across an await, is no longer current: later lines and spans of that
/// thread are not in its trace.
///
/// The parent of a span is what is current on its thread: a span, a context that was
/// [entered](crate::RemoteContext::enter), or a span of another tracing API that a bridge reports.
///
/// The fields `otel.name`, `otel.kind`, `otel.status_code` and `otel.status_description` control the span, and
/// `radiosonde.keep = true` keeps its trace in the [local tail](crate::TailOptions); all others are attributes, with unsigned
/// ones as numbers. Events become events of the span; one at level ERROR marks it as failed. A failed span without
/// `error.type` gets `_OTHER`.
///
/// A span that is not sampled has ids, and nothing else is kept of it. In a pipeline without sinks, that is so of all.
///
/// Spans and events of [silenced](radiosonde_core::silence) threads, such as those that deliver spans, are ignored. A value
/// whose formatting fails or panics is `<fmt error>`, and counted.
///
/// Do not wrap it in a layer that hides it, such as `tracing_subscriber::reload::Layer`;
/// [`TracePipeline::probe`](crate::TracePipeline::probe) detects that.
///
/// # Cost
/// A span is written as the bytes that are sent, in buffers that are reused: a process that has warmed up allocates nothing.
/// A span takes one of 32 locks when it is made, entered, given an event, and closed, none while the user's code runs.
pub struct TraceLayer<S> {
    spans: Arc<Spans>,
    installed: Installed,
    control: SpanControl,
    span_ender: SpanEnder,
    dispatch: OnceLock<WeakDispatch>,
    _subscriber: PhantomData<fn(S)>,
}

impl<S> TraceLayer<S> {
    pub(crate) fn new(spans: Arc<Spans>, installed: Installed) -> Self {
        annotating::install();
        Self {
            control: SpanControl::new(SpanDoors(Arc::clone(&spans))),
            span_ender: span_ender(Arc::clone(&spans)),
            spans,
            installed,
            dispatch: OnceLock::new(),
            _subscriber: PhantomData,
        }
    }

    /// Leaves spans that closed while entered here. The registry keeps them on this thread's stack, where they hide the
    /// enclosing spans and slow down every enter.
    #[cold]
    fn leave_in_registry(&self, closed: Vec<(u64, Id)>) {
        let dispatch = self.dispatch.get().and_then(WeakDispatch::upgrade);
        let registry = dispatch.as_ref().and_then(|dispatch| dispatch.downcast_ref::<Registry>());
        let Some(registry) = registry else { return };
        for (layer, id) in closed {
            if layer == self.spans.number {
                registry.exit(&id);
            }
        }
    }
}

impl<S> TraceLayer<S>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    fn parent_of(&self, attrs: &Attributes<'_>, id: &Id, ctx: &Context<'_, S>) -> Option<RemoteContext> {
        match attrs.parent() {
            None if attrs.is_contextual() => {
                stack::innermost_for(self.spans.number).or_else(|| self.parent_in_registry(id, ctx))
            }
            None => None,
            Some(parent) => self.nearest_known(parent, ctx).and_then(|id| self.spans.context(id)),
        }
    }

    /// The record of the unit of work that a new span belongs to: that of its thread or of the span around it.
    fn canonical_of(&self, attrs: &Attributes<'_>) -> Option<CanonicalRecord> {
        CanonicalRecord::of_thread().or_else(|| match attrs.parent() {
            Some(parent) => self.spans.canonical(parent.into_u64()),
            None if attrs.is_contextual() => stack::canonical(),
            None => None,
        })
    }

    /// The nearest span around a new one that is not in the spans of this thread: it is around a span that a filter hides from
    /// this layer, and that a task has taken along.
    fn parent_in_registry(&self, id: &Id, ctx: &Context<'_, S>) -> Option<RemoteContext> {
        if stack::is_in_any(self.spans.number) {
            return None;
        }
        let parent = ctx.span(id)?.parent()?.id();
        self.spans.context(parent.into_u64())
    }

    /// A span, or, if it is disabled for this layer, the nearest one around it.
    pub(crate) fn nearest_known(&self, id: &Id, ctx: &Context<'_, S>) -> Option<u64> {
        let number = id.into_u64();
        if self.spans.knows(number) {
            return Some(number);
        }
        self.nearest_in_registry(id).unwrap_or_else(|| {
            let around = ctx.span(id)?.scope().skip(1).map(|span| span.id().into_u64());
            around.into_iter().find(|id| self.spans.knows(*id))
        })
    }

    /// The same by way of the registry, which knows spans that a filter of this layer hides from it; `None` if it is not known,
    /// as to layers in a `Vec` or an `Option`.
    fn nearest_in_registry(&self, id: &Id) -> Option<Option<u64>> {
        let dispatch = self.dispatch.get()?.upgrade()?;
        let span = dispatch.downcast_ref::<Registry>()?.span(id);
        Some(
            span.and_then(|span| {
                span.scope().map(|span| span.id().into_u64()).find(|id| self.spans.knows(*id))
            }),
        )
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
        let parent = self.parent_of(attrs, id, &ctx);
        let canonical = self.canonical_of(attrs);
        self.spans.open(id.into_u64(), attrs.metadata(), parent, canonical, |visitor| attrs.record(visitor));
        if let Some(parent) = attrs.parent() {
            self.spans.has_child(parent.into_u64());
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, _: Context<'_, S>) {
        self.spans.record(id.into_u64(), |visitor| values.record(visitor));
    }

    fn on_follows_from(&self, id: &Id, follows: &Id, _: Context<'_, S>) {
        // Reads the one before it writes to the other: two spans that follow each other take no lock together.
        if let Some(cause) = self.spans.context(follows.into_u64()) {
            self.spans.link(id.into_u64(), &cause);
        }
    }

    fn event_enabled(&self, event: &Event<'_>, ctx: Context<'_, S>) -> bool {
        // Here and not in `on_event`: every layer gets this call before any of them sees the event.
        if let Some(parent) = event.parent()
            && let Some(span) = ctx.span(parent)
            && let Some(context) = self.spans.context(parent.into_u64())
        {
            let entries = promoted_entries::of(&context);
            let mut extensions = span.extensions_mut();
            extensions.replace(context.context());
            if let Some(entries) = entries {
                extensions.replace(entries);
            }
        }
        true
    }

    fn on_event(&self, event: &Event<'_>, ctx: Context<'_, S>) {
        let around = match event.parent() {
            // Spans do not take it.
            Some(_) if self.spans.plan(event.metadata()).is_access => None,
            Some(parent) => self.nearest_known(parent, &ctx),
            None if event.is_contextual() => stack::current_span(self.spans.number)
                .filter(|(_, is_recording)| *is_recording)
                .map(|(id, _)| id),
            None => None,
        };
        if let Some(id) = around {
            self.spans.event(id, event);
        }
    }

    fn on_enter(&self, id: &Id, _: Context<'_, S>) {
        let number = id.into_u64();
        let entering = {
            let mut shard = self.spans.open.shard(number);
            let Some(record) = shard.get_mut(&number) else { return };
            record.use_ids();
            Entering {
                layer: self.spans.number,
                id: number,
                context: record.own.clone(),
                is_recording: record.fate.is_recording(),
                mark: Arc::clone(&record.mark),
            }
        };
        let closed = stack::enter(entering);
        if !closed.is_empty() {
            self.leave_in_registry(closed);
        }
    }

    fn on_exit(&self, id: &Id, _: Context<'_, S>) {
        let number = id.into_u64();
        match stack::exit(self.spans.number, number) {
            Some((mark, true)) => mark.exited(self.spans.settings.now()),
            Some((_, false)) => {}
            None => self.spans.exited_elsewhere(number),
        }
    }

    fn on_close(&self, id: Id, _: Context<'_, S>) {
        self.spans.close(id.into_u64());
    }

    #[allow(unsafe_code, reason = "the trait's method is unsafe; without it the layer cannot be reached")]
    // SAFETY: the trait requires a pointer to a value of the type with this id, valid for as long as `self`. It points to
    // `self` or to a field of it.
    unsafe fn downcast_raw(&self, id: TypeId) -> Option<*const ()> {
        if id == TypeId::of::<Self>() {
            Some(ptr::from_ref(self).cast())
        } else if id == TypeId::of::<SpanControl>() {
            Some(ptr::from_ref(&self.control).cast())
        } else if id == TypeId::of::<SpanEnder>() {
            Some(ptr::from_ref(&self.span_ender).cast())
        } else if id == TypeId::of::<Installed>() {
            Some(ptr::from_ref(&self.installed).cast())
        } else {
            None
        }
    }
}

impl<S> fmt::Debug for TraceLayer<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TraceLayer").field("pipeline", &self.installed).finish_non_exhaustive()
    }
}
