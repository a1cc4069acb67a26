//! Keeps core's current span context in step with the spans that this thread has entered.

use std::cell::{Cell, RefCell};

use opentelemetry::Context;
use radiosonde_core::SpanContext;
use tracing::span::Id;

/// A span entered on this thread and not yet exited.
struct Entered {
    /// Span ids are unique within a subscriber only.
    layer: u64,
    id: u64,
    /// What is to be current once this span is exited.
    previous: Option<SpanContext>,
}

thread_local! {
    static ENTERED: RefCell<Vec<Entered>> = const { RefCell::new(Vec::new()) };
}

thread_local! {
    // Without a destructor: it can be read while the thread ends.
    static HAS_WITNESS: Cell<bool> = const { Cell::new(false) };
    static WITNESS: Witness = const { Witness };
}

/// Destroyed before OpenTelemetry's own local. Locals are destroyed in the reverse order of their first use.
struct Witness;

impl Drop for Witness {
    // What counts is that there is something to be destroyed.
    fn drop(&mut self) {}
}

/// Whether this thread ends, and has lost what the OpenTelemetry layer keeps of the spans it is in; that layer panics then.
///
/// Ours is first used after theirs, when the first span is entered, and so it is gone in time.
pub(crate) fn is_gone() -> bool {
    ENTERED.try_with(|_| ()).is_err()
}

/// Reads OpenTelemetry's current context; `None` while this thread ends, when asking for it panics.
pub(crate) fn in_otel<R>(read: impl FnOnce(&Context) -> Option<R>) -> Option<R> {
    if is_otel_there() { Context::map_current(read) } else { None }
}

fn is_otel_there() -> bool {
    if !HAS_WITNESS.replace(true) {
        // Theirs goes first, so that ours is destroyed first.
        Context::map_current(|_| ());
    }
    WITNESS.try_with(|_| ()).is_ok()
}

/// A span without ids, as of a pipeline that was shut down from outside, makes nothing current: lines in it carry no ids rather
/// than those of another span.
pub(crate) fn enter(layer: u64, id: &Id, context: Option<SpanContext>) {
    // Now, or there may be no witness yet when the thread ends.
    is_otel_there();
    // Fails while the thread ends, when there is nobody left to ask.
    let _ = ENTERED.try_with(|entered| {
        let previous = SpanContext::replace_current(context);
        entered.borrow_mut().push(Entered { layer, id: id.into_u64(), previous });
    });
}

/// Spans may be exited in another order than they were entered: what is current stays so until its own exit, and what would have
/// become current again after it, and was exited meanwhile, is skipped.
pub(crate) fn exit(layer: u64, id: &Id) {
    let _ = ENTERED.try_with(|entered| {
        let mut entered = entered.borrow_mut();
        let id = id.into_u64();
        let Some(at) = entered.iter().rposition(|span| span.layer == layer && span.id == id) else { return };
        let Entered { previous, .. } = entered.remove(at);
        match entered.get_mut(at) {
            Some(above) => above.previous = previous,
            None => {
                let _ = SpanContext::replace_current(previous);
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use radiosonde_core::{SpanId, TraceFlags, TraceId};

    fn context() -> SpanContext {
        SpanContext::new(TraceId::random(), SpanId::random(), TraceFlags::SAMPLED)
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
}
