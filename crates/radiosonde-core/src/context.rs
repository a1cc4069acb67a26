use std::fmt;

use crate::id::{SpanId, TraceId};

/// The flags of a trace context: a byte of the W3C format, and the states of other formats that it cannot hold.
///
/// # Source
/// W3C Trace Context Level 2, "trace-flags": <https://www.w3.org/TR/trace-context-2/#trace-flags>
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct TraceFlags(u8);

impl TraceFlags {
    /// No flag set: the trace is not sampled.
    pub const NONE: Self = Self(0);
    /// The caller may have recorded the trace.
    pub const SAMPLED: Self = Self(0x01);
    /// The trace id's right-most seven bytes are random.
    pub const RANDOM: Self = Self(0x02);
    /// The debug flag of B3 and Jaeger: sampled, whatever else would decide. Not part of the [byte](Self::to_byte).
    pub const DEBUG: Self = Self(0x81);
    /// B3 without a sampling state: the ids are given, and the receiver decides. Not part of the [byte](Self::to_byte).
    pub const DEFERRED: Self = Self(0x40);

    /// The bits of the W3C format.
    const BYTE: u8 = Self::SAMPLED.0 | Self::RANDOM.0;

    /// Keeps the flags that the specification defines and clears the rest, as it requires of a sender.
    #[must_use]
    pub const fn from_byte(byte: u8) -> Self {
        Self(byte & Self::BYTE)
    }

    /// The byte to send.
    #[must_use]
    pub const fn to_byte(self) -> u8 {
        self.0 & Self::BYTE
    }

    /// Whether the trace is recorded.
    #[must_use]
    pub const fn is_sampled(self) -> bool {
        self.0 & Self::SAMPLED.0 != 0
    }

    /// Whether the trace id's right-most seven bytes are random.
    #[must_use]
    pub const fn is_random(self) -> bool {
        self.0 & Self::RANDOM.0 != 0
    }

    /// Whether the [debug flag](Self::DEBUG) is set.
    #[must_use]
    pub const fn is_debug(self) -> bool {
        self.0 & Self::DEBUG.0 == Self::DEBUG.0
    }

    /// Whether the caller left the decision to the receiver. [`with_sampled`](Self::with_sampled) makes it.
    #[must_use]
    pub const fn is_deferred(self) -> bool {
        self.0 & Self::DEFERRED.0 != 0
    }

    /// Sets or clears [`SAMPLED`](Self::SAMPLED). The flags of a parent become those of its child, with this decision.
    #[must_use]
    pub const fn with_sampled(self, is_sampled: bool) -> Self {
        match is_sampled {
            true => Self(self.0 & !Self::DEFERRED.0 | Self::SAMPLED.0),
            false => Self(self.0 & Self::RANDOM.0),
        }
    }
}

impl fmt::Debug for TraceFlags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TraceFlags({:02x})", self.0)
    }
}

/// Identifies a span by the ids and flags that log lines, exemplars and outgoing requests carry.
///
/// The current context of each thread is kept here, so that the log and metrics crates find it independently of the tracer.
/// `radiosonde-trace` sets it when a span is entered and restores it when the span is exited or closed.
///
/// # Cost
/// `Copy`, 32 bytes.
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

    /// The first span of a new trace: random ids, and the flag [`RANDOM`](TraceFlags::RANDOM).
    #[must_use]
    pub fn new_trace(is_sampled: bool) -> Self {
        Self::new(TraceId::random(), SpanId::random(), TraceFlags::RANDOM.with_sampled(is_sampled))
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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_flags_are_cleared() {
        assert_eq!(TraceFlags::from_byte(0xff).to_byte(), 0x03);
        assert!(!TraceFlags::from_byte(0xfe).is_sampled());
    }

    #[test]
    fn a_decision_ends_a_deferral_and_only_a_negative_one_ends_debugging() {
        let deferred = TraceFlags::DEFERRED;
        assert!(deferred.is_deferred() && !deferred.is_sampled());
        assert_eq!(deferred.with_sampled(true), TraceFlags::SAMPLED);
        assert_eq!(deferred.with_sampled(false), TraceFlags::NONE);
        let debug = TraceFlags::DEBUG;
        assert!(debug.is_debug() && debug.is_sampled());
        assert_eq!((debug.to_byte(), deferred.to_byte()), (1, 0));
        assert_eq!(debug.with_sampled(true), debug);
        assert_eq!(debug.with_sampled(false), TraceFlags::NONE);
        assert!(!TraceFlags::SAMPLED.is_debug());
    }

    #[test]
    fn a_new_trace_has_the_random_flag_whether_sampled_or_not() {
        for is_sampled in [true, false] {
            let context = SpanContext::new_trace(is_sampled);
            assert!(context.flags().is_random());
            assert_eq!(context.is_sampled(), is_sampled);
            assert_eq!(context.flags().with_sampled(!is_sampled).is_sampled(), !is_sampled);
        }
    }
}
