//! Keeps the core's current span context and OpenTelemetry's current context in step with this thread's entered spans.

use std::cell::{Cell, RefCell};
use std::mem::ManuallyDrop;
use std::sync::Arc;

use opentelemetry::{Context, ContextGuard};
use radiosonde_core::{CurrentGuard, EnteredSpans, SpanContext};
use tracing::span::Id;

use crate::bridge;
use crate::started::StartedSpan;

/// A span entered on this thread and not yet exited.
struct Entered {
    /// Span ids are unique within a subscriber only.
    layer: u64,
    id: u64,
    span: Arc<StartedSpan>,
    /// OpenTelemetry's stack is bounded: a span entered while it was full is not current there.
    is_attached: bool,
    current: CurrentGuard,
    otel: ManuallyDrop<ContextGuard>,
}

impl Entered {
    /// Restores the previous context. Must not be called while `SPANS` is borrowed: dropping the last owner of a context may
    /// end spans.
    ///
    /// Dropped without this call, as when the thread exits, it leaves OpenTelemetry's stack unchanged.
    fn leave(self) {
        let Self { current, otel, .. } = self;
        // First, so that spans that end with OpenTelemetry's context find ours corrected.
        drop(current);
        drop(ManuallyDrop::into_inner(otel));
    }
}

#[derive(Default)]
struct Spans {
    entered: Vec<Entered>,
    /// Layer and id of spans that closed without being exited here: the registry still considers them entered.
    closed: Vec<(u64, Id)>,
}

thread_local! {
    static SPANS: RefCell<Spans> = const { RefCell::new(Spans { entered: Vec::new(), closed: Vec::new() }) };
}

thread_local! {
    // Without a destructor, so that it can be read while the thread exits.
    static HAS_WITNESS: Cell<bool> = const { Cell::new(false) };
    static WITNESS: Witness = const { Witness };
}

/// Destroyed before OpenTelemetry's thread-local: thread-locals are destroyed in the reverse order of their first use.
struct Witness;

impl Drop for Witness {
    // Empty: only the destruction itself matters.
    fn drop(&mut self) {}
}

/// Whether this thread exits and the OpenTelemetry layer has lost its data of the entered spans; that layer then panics.
///
/// Our thread-local is first used after theirs, when the first span is entered, so it is destroyed before.
pub(crate) fn is_gone() -> bool {
    SPANS.try_with(|_| ()).is_err()
}

fn is_otel_there() -> bool {
    if !HAS_WITNESS.replace(true) {
        // Uses theirs first, so that ours is destroyed first.
        Context::map_current(|_| ());
    }
    WITNESS.try_with(|_| ()).is_ok()
}

/// The innermost context, which encloses a new span or an outgoing message.
pub(crate) enum Innermost {
    /// OpenTelemetry's current context, which may be empty.
    Otel,
    /// A context entered by [`SpanContext::enter`].
    ByHand(SpanContext),
    /// A span of this layer that is not OpenTelemetry's current one.
    Unattached(u64, Id, Arc<StartedSpan>),
    /// The thread exits, and its contexts are gone.
    Gone,
}

/// Finds the innermost context, after leaving spans that have closed.
///
/// A span of the OpenTelemetry API takes precedence over a context entered by hand: which of the two is the inner one is
/// unknown.
pub(crate) fn innermost() -> Innermost {
    if !is_otel_there() {
        return Innermost::Gone;
    }
    EnteredSpans::leave_closed();
    let current = SpanContext::current();
    let innermost = SPANS.try_with(|spans| {
        let spans = spans.borrow();
        let entered = spans.entered.last();
        let context = entered.and_then(|entered| entered.span.context);
        match (entered, current) {
            (_, Some(current)) if Some(current) != context => {
                let own = context.map(|context| context.span_id());
                let in_otel = Context::map_current(bridge::span_context).map(|context| context.span_id());
                let is_otels = in_otel.is_some() && in_otel != own;
                if is_otels { Innermost::Otel } else { Innermost::ByHand(current) }
            }
            (Some(entered), _) if !entered.is_attached => {
                Innermost::Unattached(entered.layer, Id::from_u64(entered.id), Arc::clone(&entered.span))
            }
            _ => Innermost::Otel,
        }
    });
    innermost.unwrap_or(Innermost::Gone)
}

/// Makes a span current. Returns the spans that the registry has to leave: see [`Spans::closed`].
///
/// A span without ids, as of a pipeline that was shut down from outside, makes nothing current: its lines carry no ids
/// instead of those of another span.
pub(crate) fn enter(layer: u64, id: &Id, span: Arc<StartedSpan>) -> Vec<(u64, Id)> {
    // Now, or the witness may be missing when the thread exits.
    if !is_otel_there() {
        return Vec::new();
    }
    EnteredSpans::leave_closed();
    let (otel, is_attached) = span.attach();
    let (current, otel) = (CurrentGuard::new(span.context), ManuallyDrop::new(otel));
    let entered = Entered { layer, id: id.into_u64(), span, is_attached, current, otel };
    // Fails while the thread exits, when nothing reads the context any more.
    SPANS
        .try_with(|spans| {
            let mut spans = spans.borrow_mut();
            spans.entered.push(entered);
            std::mem::take(&mut spans.closed)
        })
        .unwrap_or_default()
}

/// Exits a span. Spans may be exited in any order: a current span stays current until its own exit.
pub(crate) fn exit(layer: u64, id: &Id) {
    let exited = SPANS.try_with(|spans| {
        let entered = &mut spans.borrow_mut().entered;
        let id = id.into_u64();
        let at = entered.iter().rposition(|span| span.layer == layer && span.id == id)?;
        Some(entered.remove(at))
    });
    if let Ok(Some(exited)) = exited {
        exited.leave();
    }
}

/// Marks a span as closed. A thread that still has it entered leaves it the next time it reads its current context.
pub(crate) fn closed(span: &Arc<StartedSpan>) {
    // One reference is the caller's; any other one is in the `Entered` of a thread. A span that closes is no longer being
    // entered.
    if Arc::strong_count(span) > 1 {
        EnteredSpans::set_leave_closed(leave_closed);
        span.close();
        EnteredSpans::one_closed();
    }
}

/// Returns false while `SPANS` is borrowed: it allocates, and an allocator may read the current context.
fn leave_closed() -> bool {
    let closed = SPANS.try_with(|spans| {
        let spans = &mut *spans.try_borrow_mut().ok()?;
        let (open, closed): (Vec<_>, Vec<_>) =
            std::mem::take(&mut spans.entered).into_iter().partition(|entered| entered.span.is_open());
        spans.entered = open;
        spans.closed.extend(closed.iter().map(|entered| (entered.layer, Id::from_u64(entered.id))));
        Some(closed)
    });
    // An error means that the thread exits and has no spans to leave.
    let Some(closed) = closed.unwrap_or_else(|_| Some(Vec::new())) else { return false };
    // The innermost first, so that OpenTelemetry's stack shrinks.
    for entered in closed.into_iter().rev() {
        entered.leave();
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use opentelemetry::trace::TraceContextExt as _;
    use radiosonde_core::{SpanId, TraceFlags, TraceId};

    use crate::propagation::remote_context::RemoteContext;

    fn context() -> SpanContext {
        SpanContext::new(TraceId::random(), SpanId::random(), TraceFlags::SAMPLED)
    }

    fn enter(layer: u64, id: &Id, context: Option<SpanContext>) {
        super::enter(layer, id, started(context));
    }

    fn started(context: Option<SpanContext>) -> Arc<StartedSpan> {
        let cx = context.map(|context| bridge::with_parent(&Context::new(), &RemoteContext::local(context)));
        Arc::new(StartedSpan::new(cx.unwrap_or_default()))
    }

    fn in_otel() -> Option<SpanContext> {
        Context::map_current(bridge::span_context)
    }

    #[test]
    fn exits_in_any_order_end_where_they_began() {
        let spans: Vec<(Id, SpanContext)> = (1..=3).map(|id| (Id::from_u64(id), context())).collect();
        let orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
        for order in orders {
            let outside = context();
            let _guard = outside.enter();
            for (id, context) in &spans {
                enter(1, id, Some(*context));
            }
            let mut open = vec![0, 1, 2];
            for exited in order {
                exit(1, &spans[exited].0);
                open.retain(|&span| span != exited);
                let expected = open.last().map_or(outside, |&span| spans[span].1);
                assert_eq!(SpanContext::current(), Some(expected), "after {exited} of {order:?}");
                assert_eq!(in_otel(), open.last().map(|&span| spans[span].1), "after {exited} of {order:?}");
            }
        }
    }

    #[test]
    fn a_span_entered_twice_is_current_until_its_second_exit() {
        let (id, own) = (Id::from_u64(7), context());
        enter(1, &id, Some(own));
        enter(1, &id, Some(own));
        exit(1, &id);
        assert_eq!(SpanContext::current(), Some(own));
        exit(1, &id);
        assert_eq!(SpanContext::current(), None);
    }

    #[test]
    fn equal_ids_of_two_subscribers_are_kept_apart() {
        let (id, first, second) = (Id::from_u64(7), context(), context());
        enter(1, &id, Some(first));
        enter(2, &id, Some(second));
        exit(1, &id);
        assert_eq!(SpanContext::current(), Some(second));
        exit(2, &id);
        assert_eq!(SpanContext::current(), None);
    }

    #[test]
    fn an_exit_without_an_enter_on_this_thread_changes_nothing() {
        let own = context();
        let _guard = own.enter();
        exit(1, &Id::from_u64(7));
        assert_eq!(SpanContext::current(), Some(own));
    }

    #[test]
    fn a_span_without_ids_hides_those_around_it() {
        let (outer, inner) = (Id::from_u64(1), Id::from_u64(2));
        let own = context();
        enter(1, &outer, Some(own));
        enter(1, &inner, None);
        assert_eq!(SpanContext::current(), None);
        exit(1, &inner);
        assert_eq!(SpanContext::current(), Some(own));
        exit(1, &outer);
    }

    #[test]
    fn a_span_that_closes_while_it_is_entered_is_left() {
        let (id, stays, goes) = (Id::from_u64(1), started(Some(context())), started(Some(context())));
        super::enter(1, &id, Arc::clone(&stays));
        super::enter(1, &Id::from_u64(2), Arc::clone(&goes));
        std::thread::spawn(move || closed(&goes)).join().unwrap();
        assert_eq!(SpanContext::current(), stays.context);
        assert_eq!(in_otel(), stays.context);
        let told = super::enter(1, &id, Arc::clone(&stays));
        assert_eq!(told, [(1, Id::from_u64(2))], "the registry has to leave it");
        exit(1, &id);
        exit(1, &id);
        assert_eq!((SpanContext::current(), Context::current().has_active_span()), (None, false));
    }

    #[test]
    fn an_allocator_may_ask_while_the_list_of_spans_grows() {
        let (id, stays, goes) = (Id::from_u64(1), started(Some(context())), started(Some(context())));
        super::enter(1, &id, Arc::clone(&stays));
        super::enter(1, &Id::from_u64(2), Arc::clone(&goes));
        let growing = SPANS.with(|spans| {
            let _growing = spans.borrow_mut();
            closed(&goes);
            SpanContext::current()
        });
        assert_eq!(growing, None, "a span that has closed is current nowhere");
        assert_eq!(SpanContext::current(), stays.context, "it is left at the next read");
        exit(1, &id);
    }
}
