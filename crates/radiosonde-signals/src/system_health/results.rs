use std::time::Duration;

/// How long a slot is.
const SLOT: Duration = Duration::from_secs(10);
/// How many slots there are.
const SLOTS: u64 = 6;

/// The results of the last minute, in slots of ten seconds.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Results([Slot; SLOTS as usize]);

#[derive(Debug, Clone, Copy, Default)]
struct Slot {
    /// Which ten seconds these are, counted from the clock's zero.
    number: u64,
    good: u64,
    all: u64,
}

impl Results {
    /// Adds a result at this time of the monotonic clock.
    pub(crate) fn add(&mut self, is_good: bool, at: Duration) {
        let number = slot_at(at);
        // The slot of a minute ago, whose results no longer count, is the one of the same remainder.
        let mut slots = self.0.iter_mut().zip(0..);
        let Some((slot, _)) = slots.find(|(_, at)| *at == number % SLOTS) else { return };
        if slot.number != number {
            *slot = Slot { number, good: 0, all: 0 };
        }
        slot.good += u64::from(is_good);
        slot.all += 1;
    }

    /// The share of good results in the last minute; `None` without any.
    pub(crate) fn share(&self, now: Duration) -> Option<f64> {
        let oldest = slot_at(now).saturating_sub(SLOTS - 1);
        let recent = self.0.iter().filter(|slot| slot.number >= oldest);
        let (good, all) = recent.fold((0, 0), |(good, all), slot| (good + slot.good, all + slot.all));
        #[allow(clippy::cast_precision_loss, reason = "nobody counts 2^53 results in a minute")]
        let share = good as f64 / all as f64;
        (all > 0).then_some(share)
    }
}

fn slot_at(time: Duration) -> u64 {
    time.as_secs() / SLOT.as_secs()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_count_for_a_minute() {
        let mut results = Results::default();
        assert_eq!(results.share(Duration::ZERO), None);
        let at = Duration::from_secs;
        results.add(false, at(0));
        results.add(true, at(9));
        results.add(true, at(59));
        results.add(true, at(59));
        assert_eq!(results.share(at(59)), Some(0.75));
        assert_eq!(results.share(at(60)), Some(1.0), "the first ten seconds are over");
        assert_eq!(results.share(at(109)), Some(1.0));
        assert_eq!(results.share(at(110)), None);
    }

    #[test]
    fn a_slot_is_used_again_for_later_results_only() {
        let mut results = Results::default();
        for second in 0..1000 {
            results.add(second % 10 < 5, Duration::from_secs(second));
        }
        assert_eq!(results.share(Duration::from_secs(999)), Some(0.5));
        results.add(true, Duration::from_secs(1000));
        let share = results.share(Duration::from_secs(1000));
        assert_eq!(share, Some(26.0 / 51.0));
    }
}
