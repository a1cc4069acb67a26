use std::time::{Duration, SystemTime, UNIX_EPOCH};

use radiosonde_core::{Clock as _, SpanContext, SpanId, SystemClock, TraceFlags, TraceId};

use crate::sync::{AtomicU64, Ordering, fence};

/// One observation with the span that made it: the way from a metric to a trace.
///
/// # Source
/// OpenMetrics 1.0, "Exemplars": <https://prometheus.io/docs/specs/om/open_metrics_spec/#exemplars>. The labels
/// `trace_id` and `span_id` with their values are 63 characters; 128 are allowed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Exemplar {
    /// The trace.
    pub trace_id: TraceId,
    /// The span.
    pub span_id: SpanId,
    /// What was observed.
    pub value: f64,
    /// When it was observed, to the millisecond.
    pub timestamp: SystemTime,
}

/// How long an exemplar stays before the next one may replace it, so that a busy bucket is not a busy cache line.
const KEEP: Duration = Duration::from_millis(100);

/// Holds the last exemplar of a bucket. Neither writers nor readers ever wait: who comes second goes without.
#[derive(Debug, Default)]
pub(crate) struct ExemplarSlot {
    /// Even: at rest. Odd: being written. Zero: never written.
    version: AtomicU64,
    trace: [AtomicU64; 2],
    span: AtomicU64,
    value: AtomicU64,
    /// Milliseconds since the Unix epoch.
    timestamp: AtomicU64,
}

impl ExemplarSlot {
    /// Keeps the observation if a sampled span is current and the slot is due.
    pub(crate) fn offer(&self, value: f64, context: &SpanContext) {
        self.offer_at(value, context, SystemClock.now().duration_since(UNIX_EPOCH).unwrap_or_default());
    }

    /// As [`offer`](Self::offer), at this time since the Unix epoch.
    pub(crate) fn offer_at(&self, value: f64, context: &SpanContext, now: Duration) {
        // Relaxed: an old reading keeps or replaces one exemplar more or less.
        let last = Duration::from_millis(self.timestamp.load(Ordering::Relaxed));
        // In either direction: a clock that was set back must not keep this exemplar until it has caught up.
        if now.abs_diff(last) < KEEP {
            return;
        }
        // Relaxed: the exchange below decides.
        let version = self.version.load(Ordering::Relaxed);
        if version % 2 == 1 {
            return;
        }
        // Acquire: the stores below may not move before the version says that they are under way.
        let taken = self.version.compare_exchange(version, version + 1, Ordering::Acquire, Ordering::Relaxed);
        if taken.is_err() {
            return;
        }
        // Release fence: whoever sees one of these stores also sees the odd version before it.
        fence(Ordering::Release);
        let [high, low] = halves(context.trace_id());
        let span = u64::from_be_bytes(context.span_id().to_bytes());
        let millis = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
        let fields = [high, low, span, value.to_bits(), millis];
        for (field, store) in self.fields().into_iter().zip(fields) {
            // Relaxed: published by the version.
            field.store(store, Ordering::Relaxed);
        }
        // Release: who reads this version sees the fields.
        self.version.store(version + 2, Ordering::Release);
    }

    /// The exemplar, or nothing if there is none or one is just being written.
    pub(crate) fn read(&self) -> Option<Exemplar> {
        // Acquire: the fields are read after it.
        let before = self.version.load(Ordering::Acquire);
        if before == 0 || before % 2 == 1 {
            return None;
        }
        // Relaxed: checked by the version afterwards.
        let [high, low, span, value, millis] = self.fields().map(|field| field.load(Ordering::Relaxed));
        // Acquire fence: the second reading of the version stays after the fields.
        fence(Ordering::Acquire);
        if self.version.load(Ordering::Relaxed) != before {
            return None;
        }
        let mut trace = [0; 16];
        trace[..8].copy_from_slice(&high.to_be_bytes());
        trace[8..].copy_from_slice(&low.to_be_bytes());
        Some(Exemplar {
            trace_id: TraceId::from_bytes(trace)?,
            span_id: SpanId::from_bytes(span.to_be_bytes())?,
            value: f64::from_bits(value),
            timestamp: UNIX_EPOCH + Duration::from_millis(millis),
        })
    }

    const fn fields(&self) -> [&AtomicU64; 5] {
        [&self.trace[0], &self.trace[1], &self.span, &self.value, &self.timestamp]
    }
}

impl Exemplar {
    /// The span that made the observation, as it was current then.
    #[must_use]
    pub const fn span_context(&self) -> SpanContext {
        SpanContext::new(self.trace_id, self.span_id, TraceFlags::SAMPLED)
    }
}

fn halves(id: TraceId) -> [u64; 2] {
    let id = u128::from_be_bytes(id.to_bytes());
    #[allow(clippy::cast_possible_truncation, reason = "the halves of 128 bits")]
    let halves = [(id >> 64) as u64, id as u64];
    halves
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_what_it_is_offered_until_it_is_due() {
        let slot = ExemplarSlot::default();
        assert_eq!(slot.read(), None);
        let context = SpanContext::new(TraceId::random(), SpanId::random(), TraceFlags::SAMPLED);
        slot.offer(0.25, &context);
        slot.offer(0.5, &context);
        let exemplar = slot.read().unwrap();
        assert_eq!(exemplar.value, 0.25);
        assert_eq!(exemplar.span_context(), context);
    }

    #[test]
    fn a_clock_that_was_set_back_does_not_keep_an_exemplar_for_ever() {
        let slot = ExemplarSlot::default();
        let context = SpanContext::new(TraceId::random(), SpanId::random(), TraceFlags::SAMPLED);
        slot.offer(0.25, &context);
        let ahead = slot.timestamp.load(Ordering::Relaxed) + 3_600_000;
        slot.timestamp.store(ahead, Ordering::Relaxed);
        slot.offer(0.5, &context);
        assert_eq!(slot.read().unwrap().value, 0.5);
    }

    #[test]
    fn readers_never_see_two_halves() {
        let slot = ExemplarSlot::default();
        let contexts: Vec<_> = (1..=4_u8)
            .map(|n| {
                let trace = TraceId::from_bytes([n; 16]).unwrap();
                SpanContext::new(trace, SpanId::from_bytes([n; 8]).unwrap(), TraceFlags::SAMPLED)
            })
            .collect();
        let read = std::thread::scope(|scope| {
            for (n, context) in contexts.iter().enumerate() {
                let slot = &slot;
                scope.spawn(move || {
                    for _ in 0..20_000 {
                        // Due at once, so that writers collide.
                        slot.timestamp.store(0, Ordering::Relaxed);
                        slot.offer(f64::from(u8::try_from(n + 1).unwrap()), context);
                    }
                });
            }
            let mut read = 0;
            while read < 1000 {
                let Some(exemplar) = slot.read() else { continue };
                let n = exemplar.trace_id.to_bytes()[0];
                assert_eq!(exemplar.trace_id.to_bytes(), [n; 16]);
                assert_eq!(exemplar.span_id.to_bytes(), [n; 8]);
                assert_eq!(exemplar.value, f64::from(n));
                read += 1;
            }
            read
        });
        assert_eq!(read, 1000);
    }
}
