use std::cell::{Cell, RefCell};
use std::marker::PhantomData;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::context::SpanContext;

/// Counts spans that closed while a thread still had them entered. It never changes in a program that exits its spans.
static CLOSED: AtomicUsize = AtomicUsize::new(0);

/// Leaves the closed spans of this thread; false if that is impossible now.
static LEAVE: OnceLock<fn() -> bool> = OnceLock::new();

/// A thread's innermost context, and when it was last known to be open.
struct Current {
    context: Cell<Option<SpanContext>>,
    /// The value of `CLOSED` at which every span on this thread's stack was open.
    checked: Cell<usize>,
}

/// The contexts a thread has entered and not left, the innermost last.
struct Stack {
    contexts: Vec<(u64, Option<SpanContext>)>,
    last_key: u64,
}

thread_local! {
    // `const` and without a destructor: reading it is one load, also while the thread exits.
    static CURRENT: Current = const { Current { context: Cell::new(None), checked: Cell::new(0) } };
    static STACK: RefCell<Stack> = const { RefCell::new(Stack { contexts: Vec::new(), last_key: 0 }) };
}

impl Stack {
    fn push(&mut self, context: Option<SpanContext>) -> u64 {
        self.last_key += 1;
        self.contexts.push((self.last_key, context));
        CURRENT.with(|current| current.context.set(context));
        self.last_key
    }

    fn remove(&mut self, key: u64) {
        if let Some(at) = self.contexts.iter().rposition(|(other, _)| *other == key) {
            self.contexts.remove(at);
        }
        let innermost = self.contexts.last().and_then(|(_, context)| *context);
        CURRENT.with(|current| current.context.set(innermost));
    }
}

impl Drop for Stack {
    /// The thread exits and is in no span any more.
    fn drop(&mut self) {
        CURRENT.with(|current| current.context.set(None));
    }
}

impl SpanContext {
    /// The context of the span this thread is in, if any; never that of a closed span.
    ///
    /// Also `None` in an allocator called while a context is entered or left, if a span has closed since this thread last
    /// checked: the span cannot be left at that point.
    ///
    /// # Cost
    /// One thread-local read; within a span also one atomic load.
    #[inline]
    #[must_use]
    pub fn current() -> Option<Self> {
        CURRENT.with(|current| {
            let context = current.context.get()?;
            // Relaxed: `leave_closed` reads it again before it looks at any span.
            let is_open = current.checked.get() == CLOSED.load(Ordering::Relaxed);
            if is_open { Some(context) } else { Self::current_once_left() }
        })
    }

    #[cold]
    fn current_once_left() -> Option<Self> {
        if EnteredSpans::try_leave_closed() { CURRENT.with(|current| current.context.get()) } else { None }
    }

    /// The current context as last known; `None` if a span this thread entered may have closed since.
    ///
    /// Unlike [`current`](Self::current), it runs no other code, because it leaves no closed spans. For a panic hook, in
    /// which a second panic would abort the process.
    #[must_use]
    pub fn current_if_known() -> Option<Self> {
        // Relaxed: as in `current`.
        let is_known = |current: &Current| current.checked.get() == CLOSED.load(Ordering::Relaxed);
        CURRENT.with(|current| current.context.get().filter(|_| is_known(current)))
    }

    /// Makes this the current context of the thread until the guard is dropped.
    ///
    /// Guards may be dropped in any order: the context stays current until its own guard is dropped, and then the innermost of
    /// those still entered is current.
    pub fn enter(self) -> CurrentGuard {
        CurrentGuard::new(Some(self))
    }
}

/// Keeps a [`SpanContext`] current on this thread until it is dropped.
#[must_use = "the context is current only while the guard lives"]
#[derive(Debug)]
pub struct CurrentGuard {
    key: u64,
    // The context belongs to this thread, so the guard must not be sent to another.
    _not_send: PhantomData<*const ()>,
}

impl CurrentGuard {
    /// Makes `context` the current one. `None` stands for a span without ids, which hides the spans around it.
    ///
    /// Does nothing while the thread exits.
    pub fn new(context: Option<SpanContext>) -> Self {
        // No context has the key 0.
        let key = STACK.try_with(|stack| stack.borrow_mut().push(context)).unwrap_or(0);
        Self { key, _not_send: PhantomData }
    }
}

impl Drop for CurrentGuard {
    fn drop(&mut self) {
        let _ = STACK.try_with(|stack| stack.borrow_mut().remove(self.key));
    }
}

/// Handles spans that close while a thread still has them entered. For layers that enter spans.
///
/// This happens when a guard is held across an await: the task moves to another thread, where the span is exited and closed.
/// The first thread notices the next time it reads its current context.
#[derive(Debug)]
pub struct EnteredSpans;

impl EnteredSpans {
    /// Sets the function that drops the [`CurrentGuard`]s of this thread whose spans have closed. The first call wins.
    ///
    /// The function returns whether it could. An allocator that reads the current context may call it while this thread
    /// changes its list of spans; it is then called again at the next read.
    pub fn set_leave_closed(leave: fn() -> bool) {
        let _ = LEAVE.set(leave);
    }

    /// Reports that a span closed which a thread may still have entered. The span must be marked as closed before.
    pub fn one_closed() {
        // Release, for the Acquire in `leave_closed`: a thread that sees the new count sees the span's mark.
        CLOSED.fetch_add(1, Ordering::Release);
    }

    /// Leaves the spans that closed since this thread last checked.
    pub fn leave_closed() {
        let _ = Self::try_leave_closed();
    }

    /// Returns false if the spans that closed could not be left.
    fn try_leave_closed() -> bool {
        // Acquire: pairs with the Release in `one_closed`.
        let closed = CLOSED.load(Ordering::Acquire);
        // Set first: a dropped guard may read the current context.
        let checked = CURRENT.with(|current| current.checked.replace(closed));
        if checked == closed {
            return true;
        }
        let Some(leave) = LEAVE.get() else { return true };
        // Borrowed if the allocator asks while the stack grows: the guards could not be dropped then. Gone while the thread
        // exits, when guards do nothing.
        let is_free = STACK.try_with(|stack| stack.try_borrow_mut().is_ok()).unwrap_or(true);
        let has_left = is_free && leave();
        if !has_left {
            CURRENT.with(|current| current.checked.set(checked));
        }
        has_left
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::context::TraceFlags;
    use crate::id::{SpanId, TraceId};

    fn context() -> SpanContext {
        SpanContext::new(TraceId::random(), SpanId::random(), TraceFlags::SAMPLED)
    }

    #[test]
    fn guards_nest_and_restore() {
        let (outer, inner) = (context(), context());
        let outer_guard = outer.enter();
        {
            let _inner = inner.enter();
            assert_eq!(SpanContext::current(), Some(inner));
        }
        assert_eq!(SpanContext::current(), Some(outer));
        drop(outer_guard);
        assert_eq!(SpanContext::current(), None);
    }

    #[test]
    fn guards_dropped_in_any_order_end_where_they_began() {
        let orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
        for order in orders {
            let outside = context();
            let _outside = outside.enter();
            let contexts = [context(), context(), context()];
            let mut guards = contexts.map(|context| Some(context.enter()));
            let mut open = vec![0, 1, 2];
            for dropped in order {
                guards[dropped] = None;
                open.retain(|&entered| entered != dropped);
                let expected = open.last().map_or(outside, |&entered| contexts[entered]);
                assert_eq!(SpanContext::current(), Some(expected), "after {dropped} of {order:?}");
            }
        }
    }

    #[test]
    fn a_span_without_ids_hides_those_around_it() {
        let outer = context();
        let _outer = outer.enter();
        let inner = CurrentGuard::new(None);
        assert_eq!(SpanContext::current(), None);
        drop(inner);
        assert_eq!(SpanContext::current(), Some(outer));
    }

    #[test]
    fn a_panic_restores_too() {
        let caught = std::panic::catch_unwind(|| {
            let _current = context().enter();
            std::panic::resume_unwind(Box::new(()));
        });
        assert!(caught.is_err());
        assert_eq!(SpanContext::current(), None);
    }

    #[test]
    fn other_threads_see_nothing() {
        let _current = context().enter();
        assert_eq!(std::thread::spawn(SpanContext::current).join().unwrap(), None);
    }

    thread_local! {
        static ENTERED: RefCell<Option<CurrentGuard>> = const { RefCell::new(None) };
    }

    /// Held by tests that report a closed span: the count is global to the process.
    static REPORTS: Mutex<()> = Mutex::new(());

    fn leave_entered() -> bool {
        drop(ENTERED.take());
        true
    }

    #[test]
    fn an_allocator_may_ask_while_the_stack_grows() {
        let _reports = REPORTS.lock();
        EnteredSpans::set_leave_closed(leave_entered);
        let outer = context();
        let _outer = outer.enter();
        ENTERED.set(Some(context().enter()));
        let growing = STACK.with(|stack| {
            let _growing = stack.borrow_mut();
            EnteredSpans::one_closed();
            SpanContext::current()
        });
        assert_eq!(growing, None, "a span that has closed is current nowhere");
        assert_eq!(SpanContext::current(), Some(outer), "it is left the next time");
    }

    #[test]
    fn a_span_that_closed_elsewhere_is_left_when_the_context_is_asked_for() {
        let _reports = REPORTS.lock();
        EnteredSpans::set_leave_closed(leave_entered);
        let outer = context();
        let _outer = outer.enter();
        ENTERED.set(Some(context().enter()));
        std::thread::spawn(EnteredSpans::one_closed).join().unwrap();
        assert_eq!(SpanContext::current_if_known(), None);
        assert_eq!(SpanContext::current(), Some(outer));
        assert_eq!(SpanContext::current_if_known(), Some(outer));
    }
}
