//! Keeps this thread's entered spans, and the core's current span context in step with them.

use std::cell::RefCell;
use std::marker::PhantomData;
use std::sync::Arc;

use radiosonde_core::canonical::CanonicalRecord;
use radiosonde_core::{CurrentGuard, EnteredSpans, SpanContext, SpanId};
use tracing::span::Id;

use crate::entering::outer_context::{outer_context, outer_span, with_outer_baggage};
use crate::propagation::remote_context::RemoteContext;
use crate::records::mark::Mark;

/// The number of no layer.
const NO_LAYER: u64 = u64::MAX;

/// A span entered on this thread and not yet exited, or a context entered by hand.
struct Entered {
    /// Span ids are unique within a subscriber only.
    layer: u64,
    id: u64,
    context: Option<RemoteContext>,
    is_recording: bool,
    /// The other API's span that was current when this one was entered.
    outer: Option<SpanId>,
    /// `None` for a context entered by hand.
    mark: Option<Arc<Mark>>,
    _current: CurrentGuard,
}

impl Entered {
    fn is_open(&self) -> bool {
        self.mark.as_ref().is_none_or(|mark| mark.is_open())
    }
}

struct Spans {
    entered: Vec<Entered>,
    /// Layer and id of spans that closed without being exited here: the registry still considers them entered.
    closed: Vec<(u64, Id)>,
    /// The last number given to a context entered by hand.
    by_hand: u64,
}

thread_local! {
    static SPANS: RefCell<Spans> =
        const { RefCell::new(Spans { entered: Vec::new(), closed: Vec::new(), by_hand: 0 }) };
}

/// A span as it is entered.
pub(crate) struct Entering {
    pub(crate) layer: u64,
    pub(crate) id: u64,
    /// `None` hides the contexts around it: its lines carry no ids instead of those of another span.
    pub(crate) context: Option<RemoteContext>,
    pub(crate) is_recording: bool,
    pub(crate) mark: Arc<Mark>,
}

/// Makes a span current. Returns the spans that the registry has to leave: see [`Spans::closed`].
#[inline]
pub(crate) fn enter(span: Entering) -> Vec<(u64, Id)> {
    EnteredSpans::leave_closed();
    let Entering { layer, id, context, is_recording, mark } = span;
    let current = CurrentGuard::new(context.as_ref().map(RemoteContext::context));
    let entered = Entered {
        layer,
        id,
        context,
        is_recording,
        outer: outer_span(),
        mark: Some(mark),
        _current: current,
    };
    // Fails while the thread exits, when nothing reads the context any more.
    SPANS
        .try_with(|spans| {
            let mut spans = spans.borrow_mut();
            spans.entered.push(entered);
            std::mem::take(&mut spans.closed)
        })
        .unwrap_or_default()
}

/// Exits a span; returns its mark and whether it is recording, unless it was entered on another thread. Spans may be exited in
/// any order: a current span stays current until its own exit.
#[inline]
pub(crate) fn exit(layer: u64, id: u64) -> Option<(Arc<Mark>, bool)> {
    let exited = SPANS.try_with(|spans| {
        let entered = &mut spans.borrow_mut().entered;
        let at = entered.iter().rposition(|span| span.layer == layer && span.id == id)?;
        Some(entered.remove(at))
    });
    let Entered { mark, is_recording, .. } = exited.ok().flatten()?;
    Some((mark?, is_recording))
}

/// The innermost span of a layer on this thread, and whether it is recording.
#[inline]
pub(crate) fn current_span(layer: u64) -> Option<(u64, bool)> {
    EnteredSpans::leave_closed();
    let current = SPANS.try_with(|spans| {
        let spans = spans.borrow();
        let span = spans.entered.iter().rev().find(|span| span.layer == layer)?;
        Some((span.id, span.is_recording))
    });
    current.ok().flatten()
}

/// The record of the unit of work in which the innermost span of this thread was made.
pub(crate) fn canonical() -> Option<CanonicalRecord> {
    EnteredSpans::leave_closed();
    let found = SPANS.try_with(|spans| {
        // Borrowed if the allocator logs while the list grows.
        let spans = spans.try_borrow().ok()?;
        let mark = spans.entered.iter().rev().find_map(|span| span.mark.as_ref())?;
        mark.canonical().cloned()
    });
    found.ok().flatten()
}

/// Whether this thread has entered a span of a layer, or a context by hand.
pub(crate) fn is_in_any(layer: u64) -> bool {
    let is_of = |span: &Entered| span.layer == layer || span.layer == NO_LAYER;
    // While the thread exits, its spans are gone, and nothing else is asked.
    SPANS.try_with(|spans| spans.borrow().entered.iter().any(is_of)).unwrap_or(true)
}

/// The innermost context of this thread, which encloses a new span or an outgoing message.
///
/// A context of another API takes precedence over one that was entered by hand: which of the two is the inner one is unknown.
pub(crate) fn innermost() -> Option<RemoteContext> {
    innermost_of(None)
}

/// As [`innermost`], without spans of other layers: two subscribers on a thread do not mix.
pub(crate) fn innermost_for(layer: u64) -> Option<RemoteContext> {
    innermost_of(Some(layer))
}

#[inline]
fn innermost_of(layer: Option<u64>) -> Option<RemoteContext> {
    EnteredSpans::leave_closed();
    let current = SpanContext::current();
    let own = SPANS.try_with(|spans| {
        // Borrowed if the allocator logs while the list grows.
        let spans = spans.try_borrow().ok()?;
        let last = spans.entered.last();
        let last_context = last.and_then(|last| last.context.as_ref()).map(RemoteContext::context);
        if current.is_some() && current != last_context {
            // Entered by hand, through the core.
            return Some((current.map(RemoteContext::local), last.and_then(|last| last.outer)));
        }
        let is_of = |span: &&Entered| layer.is_none_or(|layer| span.layer == layer || span.layer == NO_LAYER);
        let innermost = spans.entered.iter().rev().find(is_of);
        Some((innermost.and_then(|span| span.context.clone()), innermost.and_then(|span| span.outer)))
    });
    // While the thread exits, its spans are gone.
    let (own, seen) = own.ok().flatten().unwrap_or_else(|| (current.map(RemoteContext::local), None));
    match outer_span() {
        Some(outer) if Some(outer) != seen => outer_context().map(|outer| match own {
            Some(own) => outer.within(&own),
            None => outer,
        }),
        _ => own.map(with_outer_baggage),
    }
}

/// Makes no context current until the guard is dropped.
pub(crate) fn leave_all() -> ContextGuard {
    enter_by_hand(None)
}

pub(crate) fn enter_by_hand(context: Option<RemoteContext>) -> ContextGuard {
    let current = CurrentGuard::new(context.as_ref().map(RemoteContext::context));
    let outer = outer_span();
    let number = SPANS.try_with(|spans| {
        let mut spans = spans.borrow_mut();
        spans.by_hand += 1;
        let id = spans.by_hand;
        let layer = NO_LAYER;
        spans.entered.push(Entered {
            layer,
            id,
            context,
            is_recording: false,
            outer,
            mark: None,
            _current: current,
        });
        id
    });
    // No context has the number 0.
    ContextGuard { number: number.unwrap_or(0), _not_send: PhantomData }
}

/// Keeps a [`RemoteContext`] current on this thread until it is dropped.
#[must_use = "the context is current only while the guard lives"]
#[derive(Debug)]
pub struct ContextGuard {
    number: u64,
    // The context belongs to this thread, so the guard must not be sent to another.
    _not_send: PhantomData<*const ()>,
}

impl Drop for ContextGuard {
    fn drop(&mut self) {
        let _ = exit(NO_LAYER, self.number);
    }
}

/// Marks a span as closed. A thread that still has it entered leaves it the next time it reads its current context.
pub(crate) fn closed(mark: &Arc<Mark>) {
    // A span that closes is no longer being entered.
    if mark.is_entered() {
        EnteredSpans::set_leave_closed(leave_closed);
        mark.close();
        EnteredSpans::one_closed();
    }
}

/// Returns false while `SPANS` is borrowed: it allocates, and an allocator may read the current context.
fn leave_closed() -> bool {
    let closed = SPANS.try_with(|spans| {
        let spans = &mut *spans.try_borrow_mut().ok()?;
        let (open, closed): (Vec<_>, Vec<_>) =
            std::mem::take(&mut spans.entered).into_iter().partition(Entered::is_open);
        spans.entered = open;
        spans.closed.extend(closed.iter().map(|entered| (entered.layer, Id::from_u64(entered.id))));
        Some(closed)
    });
    // An error means that the thread exits and has no spans to leave.
    let Some(closed) = closed.unwrap_or_else(|_| Some(Vec::new())) else { return false };
    // Dropped outside of the borrow: their guards change the core's stack.
    drop(closed);
    true
}
