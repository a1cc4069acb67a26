//! The spans that this thread has entered, by layer.

use std::cell::RefCell;

use radiosonde_core::canonical::CanonicalRecord;
use radiosonde_core::{CurrentGuard, SpanContext};
use radiosonde_trace::{RemoteContext, TraceState};
use tracing::span::Id;

use crate::contexts::outer;

struct Entered {
    /// Span ids are unique within a subscriber only.
    layer: u64,
    id: u64,
    context: Option<SpanContext>,
    /// The record of the unit of work in which the span was made.
    canonical: Option<CanonicalRecord>,
    _current: CurrentGuard,
}

thread_local! {
    static ENTERED: RefCell<Vec<Entered>> = const { RefCell::new(Vec::new()) };
}

/// Makes a span current.
pub(crate) fn enter(layer: u64, id: &Id, context: Option<SpanContext>, canonical: Option<CanonicalRecord>) {
    let (id, current) = (id.into_u64(), CurrentGuard::new(context));
    let entered = Entered { layer, id, context, canonical, _current: current };
    // Fails while the thread exits, when nothing reads the context any more.
    let _ = ENTERED.try_with(|spans| spans.borrow_mut().push(entered));
}

/// Exits a span. Spans may be exited in any order: a current span stays current until its own exit.
pub(crate) fn exit(layer: u64, id: &Id) {
    let exited = ENTERED.try_with(|spans| {
        let spans = &mut *spans.borrow_mut();
        let at = spans.iter().rposition(|span| span.layer == layer && span.id == id.into_u64())?;
        Some(spans.remove(at))
    });
    drop(exited);
}

/// The record of the unit of work in which the innermost span of this thread was made.
pub(crate) fn canonical() -> Option<CanonicalRecord> {
    // Borrowed if the allocator annotates while the list grows.
    let record = ENTERED.try_with(|spans| spans.try_borrow().ok()?.last()?.canonical.clone());
    record.ok().flatten()
}

/// A context that was entered by hand since the innermost span of this thread was entered.
///
/// `None` if a span of the OpenTelemetry API is active since then: which of the two is the inner one is unknown.
pub(crate) fn by_hand() -> Option<RemoteContext> {
    let active = outer::active_span().map(|active| active.context());
    if let Some(current) = RemoteContext::current().filter(|current| Some(current.context()) != active) {
        return Some(current);
    }
    // Entered through the core, which is known here only by its difference.
    let current = SpanContext::current()?;
    let entered = ENTERED.try_with(|spans| spans.borrow().last().and_then(|span| span.context)).ok()?;
    let is_by_hand = entered != Some(current) && (active.is_none() || active == entered);
    is_by_hand.then(|| RemoteContext::new(current, TraceState::default()).of_this_process())
}
