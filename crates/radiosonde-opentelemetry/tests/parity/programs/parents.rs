use std::future::{Future as _, poll_fn};
use std::task::{Context, Poll, Waker};

use radiosonde_core::{SpanContext, SpanId, TraceFlags, TraceId};
use tracing::{Instrument as _, Span, info, info_span};

pub(crate) fn nested() {
    info_span!("outer").in_scope(|| {
        info_span!("middle").in_scope(|| {
            info_span!("inner").in_scope(|| ());
            drop(info_span!("never entered"));
        });
        let twice = info_span!("entered twice");
        twice.in_scope(|| ());
        twice.in_scope(|| info_span!("in the second").in_scope(|| ()));
        let again = info_span!("entered in itself");
        again.in_scope(|| again.in_scope(|| info_span!("in itself").in_scope(|| ())));
    });
    info_span!("afterwards").in_scope(|| ());
}

pub(crate) fn explicit() {
    let other = info_span!("other");
    info_span!("around").in_scope(|| {
        info_span!(parent: &other, "of other").in_scope(|| info_span!("within").in_scope(|| ()));
        info_span!(parent: None, "root").in_scope(|| info_span!("below the root").in_scope(|| ()));
        info_span!(parent: Span::current(), "of the current").in_scope(|| ());
    });
}

pub(crate) fn events_of_a_parent() {
    let named = info_span!("named");
    let entered = info_span!("entered").entered();
    info!(parent: &named, "of the named one");
    info!(parent: None, "of none");
    info!("of the entered one");
    drop(entered);
}

pub(crate) fn outliving() {
    let outer = info_span!("outer");
    let child = outer.in_scope(|| info_span!("outlives its parent"));
    drop(outer);
    child.in_scope(|| info_span!("made after the end of the outer one").in_scope(|| ()));
    drop(child);
    // A handle keeps a span open beyond its last exit.
    let kept = info_span!("kept");
    kept.in_scope(|| ());
    info!(parent: &kept, "after its last exit");
}

pub(crate) fn follows_from() {
    let (first, second) = (info_span!("first"), info_span!("second"));
    first.in_scope(|| ());
    // Before its start, and after it.
    second.follows_from(&first);
    second.in_scope(|| ());
    second.follows_from(&first);
    let closed = info_span!("closed");
    let id = closed.id();
    drop(closed);
    let third = info_span!("third");
    third.follows_from(id);
    third.in_scope(|| ());
}

pub(crate) fn other_threads() {
    let outer = info_span!("outer");
    let current = tracing::dispatcher::get_default(Clone::clone);
    outer.in_scope(|| {
        let span = info_span!("moved");
        let thread = std::thread::spawn(move || {
            tracing::dispatcher::with_default(&current, || {
                span.in_scope(|| info_span!("below the moved one").in_scope(|| ()));
                info_span!("made there").in_scope(|| ());
                // Here, because the registry closes its parent through this thread's subscriber.
                drop(span);
            });
        });
        thread.join().unwrap();
    });
}

pub(crate) fn by_hand() {
    let ids = || {
        SpanContext::new(
            TraceId::from_bytes([7; 16]).unwrap(),
            SpanId::from_bytes([8; 8]).unwrap(),
            TraceFlags::SAMPLED,
        )
    };
    let guard = ids().enter();
    info_span!("below").in_scope(|| ());
    drop(guard);
    info_span!("around").in_scope(|| {
        let _guard = ids().enter();
        info_span!("within").in_scope(|| ());
    });
}

pub(crate) fn instrumented() {
    let work = async {
        info!("before");
        let mut is_first = true;
        poll_fn(|_| if std::mem::take(&mut is_first) { Poll::Pending } else { Poll::Ready(()) }).await;
        info_span!("after an await").in_scope(|| ());
    };
    let outer = info_span!("outer");
    let mut work = outer.in_scope(|| Box::pin(work.instrument(info_span!("task"))));
    let mut context = Context::from_waker(Waker::noop());
    assert!(work.as_mut().poll(&mut context).is_pending());
    info_span!("between").in_scope(|| ());
    drop(outer);
    assert!(work.as_mut().poll(&mut context).is_ready());
}
