use std::cell::Cell;
use std::fmt;
use std::marker::PhantomData;

use crate::{SpanId, TraceId};

/// The flags byte of a trace context.
///
/// # Source
/// W3C Trace Context Level 2, "trace-flags": <https://www.w3.org/TR/trace-context-2/#trace-flags>
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct TraceFlags(u8);

impl TraceFlags {
    /// No flag set: the trace is not recorded.
    pub const NONE: Self = Self(0);
    /// The caller may have recorded the trace.
    pub const SAMPLED: Self = Self(0x01);
    /// The trace id's right-most seven bytes are random.
    pub const RANDOM: Self = Self(0x02);

    /// Keeps the flags that the specification defines and clears the rest, as it demands of whoever sends them on.
    #[must_use]
    pub const fn from_byte(byte: u8) -> Self {
        Self(byte & (Self::SAMPLED.0 | Self::RANDOM.0))
    }

    /// The byte to send.
    #[must_use]
    pub const fn to_byte(self) -> u8 {
        self.0
    }

    /// Whether the trace is recorded.
    #[must_use]
    pub const fn is_sampled(self) -> bool {
        self.0 & Self::SAMPLED.0 != 0
    }
}

impl fmt::Debug for TraceFlags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TraceFlags({:02x})", self.0)
    }
}

thread_local! {
    // `const` and without a destructor: reading it is one load, also while the thread ends.
    static CURRENT: Cell<Option<SpanContext>> = const { Cell::new(None) };
}

/// Which span this is: the ids and flags that log lines, exemplars and outgoing requests carry.
///
/// The context of the span that is current on this thread is kept here, so that the log and metrics crates find it without
/// knowing what made the span. It is set on enter and put back on exit by `radiosonde-trace`.
///
/// # Cost
/// `Copy`, 32 bytes. [`current`](Self::current) is one thread-local read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SpanContext {
    trace_id: TraceId,
    span_id: SpanId,
    flags: TraceFlags,
}

impl SpanContext {
    /// A context from its parts.
    #[must_use]
    pub const fn new(trace_id: TraceId, span_id: SpanId, flags: TraceFlags) -> Self {
        Self { trace_id, span_id, flags }
    }

    /// The trace that the span belongs to.
    #[must_use]
    pub const fn trace_id(&self) -> TraceId {
        self.trace_id
    }

    /// The span itself.
    #[must_use]
    pub const fn span_id(&self) -> SpanId {
        self.span_id
    }

    /// The trace's flags.
    #[must_use]
    pub const fn flags(&self) -> TraceFlags {
        self.flags
    }

    /// Whether the trace is recorded.
    #[must_use]
    pub const fn is_sampled(&self) -> bool {
        self.flags.is_sampled()
    }

    /// The context of the span that this thread is in, if any.
    #[must_use]
    pub fn current() -> Option<Self> {
        CURRENT.get()
    }

    /// Makes `context` the current one and returns what was current before.
    ///
    /// For layers that keep their own stack; everybody else wants [`enter`](Self::enter), which puts it back.
    #[must_use = "what was current has to be put back by somebody"]
    pub fn replace_current(context: Option<Self>) -> Option<Self> {
        CURRENT.replace(context)
    }

    /// Makes this the current context of the thread until the guard is dropped.
    ///
    /// Guards must be dropped in the reverse order of their making, as a scope does; a guard dropped out of order puts back
    /// what was current when it was made.
    pub fn enter(self) -> CurrentGuard {
        CurrentGuard { previous: Self::replace_current(Some(self)), _not_send: PhantomData }
    }
}

/// Puts back the previous [`SpanContext`] of this thread when dropped.
#[must_use = "the context is current only while the guard lives"]
#[derive(Debug)]
pub struct CurrentGuard {
    previous: Option<SpanContext>,
    // The context belongs to this thread, so the guard may not leave it.
    _not_send: PhantomData<*const ()>,
}

impl Drop for CurrentGuard {
    fn drop(&mut self) {
        let _ = SpanContext::replace_current(self.previous);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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

    #[test]
    fn unknown_flags_are_cleared() {
        assert_eq!(TraceFlags::from_byte(0xff).to_byte(), 0x03);
        assert!(!TraceFlags::from_byte(0xfe).is_sampled());
    }
}
