//! Where the last exemplar of a counter or a bucket is kept.

use std::sync::{Mutex, PoisonError, TryLockError};
use std::time::{Duration, UNIX_EPOCH};

use radiosonde_core::{Clock as _, SpanContext, SpanId, SystemClock, TraceFlags, TraceId};

use crate::model::exemplar::{Exemplar, InvalidExemplar};
use crate::once_box::OnceBox;
use crate::sync::{AtomicU64, Ordering, fence};

/// How long an exemplar stays before the next one may replace it, so that a busy bucket is not a busy cache line.
const KEEP: Duration = Duration::from_millis(100);

/// Holds the last exemplar of a bucket. Neither writers nor readers ever wait: a second writer gives up.
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
        // Acquire: the stores below may not move before the version that marks them as under way.
        let taken = self.version.compare_exchange(version, version + 1, Ordering::Acquire, Ordering::Relaxed);
        if taken.is_err() {
            return;
        }
        // Release fence: a thread that sees one of these stores also sees the odd version before it.
        fence(Ordering::Release);
        let [high, low] = halves(context.trace_id());
        let span = u64::from_be_bytes(context.span_id().to_bytes());
        let millis = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
        let fields = [high, low, span, value.to_bits(), millis];
        for (field, store) in self.fields().into_iter().zip(fields) {
            // Relaxed: published by the version.
            field.store(store, Ordering::Relaxed);
        }
        // Release: a thread that reads this version sees the fields.
        self.version.store(version + 2, Ordering::Release);
    }

    /// The exemplar; `None` if it was never written or is being written.
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
        let (trace, span) = (TraceId::from_bytes(trace)?, SpanId::from_bytes(span.to_be_bytes())?);
        let context = SpanContext::new(trace, span, TraceFlags::SAMPLED);
        let exemplar = Exemplar::in_span(&context, f64::from_bits(value));
        Some(exemplar.at(UNIX_EPOCH + Duration::from_millis(millis)))
    }

    const fn fields(&self) -> [&AtomicU64; 5] {
        [&self.trace[0], &self.trace[1], &self.span, &self.value, &self.timestamp]
    }
}

/// The exemplars of a cell: of a counter one, of a histogram one for each bucket.
///
/// Exemplars of the current span have a slot each. Exemplars with labels of their own are kept under a lock that no thread waits for, so that
/// slots need not be larger.
#[derive(Debug)]
pub(crate) struct Exemplars {
    slots: Box<[ExemplarSlot]>,
    labelled: OnceBox<Mutex<Box<[Option<Exemplar>]>>>,
}

impl Exemplars {
    #[cold]
    pub(crate) fn new(places: usize) -> Self {
        Self { slots: (0..places).map(|_| ExemplarSlot::default()).collect(), labelled: OnceBox::new() }
    }

    /// Keeps the observation if its place is due.
    pub(crate) fn offer(&self, place: usize, value: f64, context: &SpanContext) {
        if let Some(slot) = self.slots.get(place) {
            slot.offer(value, context);
        }
    }

    /// Keeps the observation, with these labels and those of the span if it is sampled. Goes without if another thread is at it.
    pub(crate) fn keep(
        &self,
        place: usize,
        value: f64,
        context: Option<&SpanContext>,
        labels: &[(&str, &str)],
    ) -> Result<(), InvalidExemplar> {
        let labels = labels.iter().copied();
        let exemplar = match context.filter(|context| context.is_sampled()) {
            Some(context) => Exemplar::in_span(context, value).with_labels(labels)?,
            None => Exemplar::new(labels, value)?,
        };
        let places = self.labelled.get_or_init(|| Mutex::new(vec![None; self.slots.len()].into()));
        let mut places = match places.try_lock() {
            Ok(places) => places,
            Err(TryLockError::Poisoned(places)) => places.into_inner(),
            Err(TryLockError::WouldBlock) => return Ok(()),
        };
        if let Some(place) = places.get_mut(place) {
            *place = Some(exemplar.at(SystemClock.now()));
        }
        Ok(())
    }

    /// The one of the first place.
    pub(crate) fn first(&self) -> Option<Exemplar> {
        self.read().into_iter().next().flatten()
    }

    /// The later one of each place.
    pub(crate) fn read(&self) -> Vec<Option<Exemplar>> {
        let mut exemplars: Vec<_> = self.slots.iter().map(ExemplarSlot::read).collect();
        if let Some(labelled) = self.labelled.get() {
            let labelled = labelled.lock().unwrap_or_else(PoisonError::into_inner);
            for (exemplar, labelled) in exemplars.iter_mut().zip(&*labelled) {
                let at = |exemplar: &Option<Exemplar>| exemplar.as_ref().and_then(Exemplar::timestamp);
                if at(labelled) >= at(exemplar) {
                    exemplar.clone_from(labelled);
                }
            }
        }
        exemplars
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
        assert_eq!(exemplar.value(), 0.25);
        assert_eq!(exemplar.span_context(), Some(context));
    }

    #[test]
    fn a_clock_that_was_set_back_does_not_keep_an_exemplar_for_ever() {
        let slot = ExemplarSlot::default();
        let context = SpanContext::new(TraceId::random(), SpanId::random(), TraceFlags::SAMPLED);
        slot.offer(0.25, &context);
        let ahead = slot.timestamp.load(Ordering::Relaxed) + 3_600_000;
        slot.timestamp.store(ahead, Ordering::Relaxed);
        slot.offer(0.5, &context);
        assert_eq!(slot.read().unwrap().value(), 0.5);
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
                let context = exemplar.span_context().unwrap();
                let n = context.trace_id().to_bytes()[0];
                assert_eq!(context.trace_id().to_bytes(), [n; 16]);
                assert_eq!(context.span_id().to_bytes(), [n; 8]);
                assert_eq!(exemplar.value(), f64::from(n));
                read += 1;
            }
            read
        });
        assert_eq!(read, 1000);
    }

    #[test]
    fn of_the_exemplars_with_labels_and_without_the_later_one_is_shown() {
        let context = SpanContext::new(TraceId::random(), SpanId::random(), TraceFlags::SAMPLED);
        let exemplars = Exemplars::new(2);
        exemplars.offer(1, 1.0, &context);
        exemplars.keep(0, 2.0, None, &[("order", "4711")]).unwrap();
        exemplars.keep(1, 3.0, Some(&context), &[("order", "4712")]).unwrap();
        let values = |exemplars: &Exemplars| -> Vec<_> {
            exemplars.read().iter().map(|exemplar| exemplar.as_ref().map(Exemplar::value)).collect()
        };
        assert_eq!(values(&exemplars), [Some(2.0), Some(3.0)]);
        assert_eq!(exemplars.read()[1].as_ref().unwrap().span_context(), Some(context));
        let later = SystemClock.now().duration_since(UNIX_EPOCH).unwrap() + Duration::from_secs(1);
        exemplars.slots[1].offer_at(4.0, &context, later);
        assert_eq!(values(&exemplars), [Some(2.0), Some(4.0)]);
        assert!(exemplars.keep(0, 5.0, None, &[("le", "1")]).is_err());
        assert_eq!(values(&exemplars), [Some(2.0), Some(4.0)]);
    }
}
