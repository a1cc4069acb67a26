use std::cell::RefCell;

thread_local! {
    static ENTERED: RefCell<Vec<Entered>> = const { RefCell::new(Vec::new()) };
}

/// A span that this thread has entered, as seen by a layer. Spans disabled by the layer's filter are not included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Entered {
    layer: u64,
    span: u64,
}

/// Enters a span. While the thread exits there is no stack, and the thread is in no span.
pub(crate) fn enter(layer: u64, span: u64, is_open: impl Fn(u64) -> bool) {
    let _ = ENTERED.try_with(|entered| {
        let mut entered = entered.borrow_mut();
        // Before it grows, so that guards held across an await do not make it grow without bound.
        if entered.len() == entered.capacity() {
            entered.retain(|entered| entered.layer != layer || is_open(entered.span));
        }
        entered.push(Entered { layer, span });
    });
}

/// Leaves the spans that have closed, and returns the innermost open one. A guard held across an await moves with its task,
/// and its span is exited and closed on another thread.
pub(crate) fn innermost_open(layer: u64, is_open: impl Fn(u64) -> bool) -> Option<u64> {
    let _ = ENTERED.try_with(|entered| {
        entered.borrow_mut().retain(|entered| entered.layer != layer || is_open(entered.span));
    });
    current(layer)
}

/// Exits a span. Spans may be exited in any order.
pub(crate) fn exit(layer: u64, span: u64) {
    let _ = ENTERED.try_with(|entered| {
        let mut entered = entered.borrow_mut();
        if let Some(at) = entered.iter().rposition(|other| *other == Entered { layer, span }) {
            entered.remove(at);
        }
    });
}

/// The innermost entered span, which may have closed.
pub(crate) fn current(layer: u64) -> Option<u64> {
    let current = |entered: &RefCell<Vec<Entered>>| {
        entered.borrow().iter().rev().find(|entered| entered.layer == layer).map(|entered| entered.span)
    };
    ENTERED.try_with(current).ok().flatten()
}

/// The entered spans of all layers; empty if called while the stack is being changed.
pub(crate) fn all() -> Vec<Entered> {
    let all =
        |entered: &RefCell<Vec<Entered>>| entered.try_borrow().map(|all| all.clone()).unwrap_or_default();
    ENTERED.try_with(all).unwrap_or_default()
}

/// Enters the spans that another thread has entered.
pub(crate) fn replace(spans: Vec<Entered>) {
    let _ = ENTERED.try_with(|entered| entered.replace(spans));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_left_in_any_order_and_layers_do_not_meet() {
        let enter = |layer, span| enter(layer, span, |_| true);
        enter(1, 10);
        enter(2, 20);
        enter(1, 11);
        enter(1, 10);
        assert_eq!((current(1), current(2), current(3)), (Some(10), Some(20), None));
        exit(1, 10);
        assert_eq!(current(1), Some(11));
        exit(1, 10);
        assert_eq!(current(1), Some(11));
        exit(1, 11);
        exit(1, 11);
        assert_eq!((current(1), current(2)), (None, Some(20)));
        exit(2, 20);
    }

    #[test]
    fn spans_that_closed_are_left_and_make_room() {
        enter(1, 10, |_| true);
        enter(2, 20, |_| true);
        enter(1, 11, |_| true);
        assert_eq!(innermost_open(1, |span| span == 10), Some(10));
        assert_eq!(current(2), Some(20), "belongs to another layer");
        for span in 100..1000 {
            enter(1, span, |span| span == 10);
        }
        assert!(ENTERED.with(|entered| entered.borrow().capacity()) < 20);
    }
}
