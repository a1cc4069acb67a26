use std::collections::VecDeque;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use radiosonde_core::clock_skew::is_in_future;
use radiosonde_core::{Clock, Level};

use crate::level_counts::LevelCounts;

const SECONDS: u64 = 3600;

/// The number of the hour, since 1970, that contains a time.
pub(crate) fn hour_of(time: SystemTime) -> i64 {
    let hours = |seconds: u64| i64::try_from(seconds).unwrap_or(i64::MAX);
    match time.duration_since(UNIX_EPOCH) {
        Ok(after) => hours(after.as_secs() / SECONDS),
        Err(before) => {
            -hours(before.duration().as_nanos().div_ceil(u128::from(SECONDS) * 1_000_000_000) as u64)
        }
    }
}

/// The start of an hour. The hour must be that of a valid time.
pub(crate) fn start_of(hour: i64) -> SystemTime {
    let distance = Duration::from_secs(hour.unsigned_abs().saturating_mul(SECONDS));
    let start = if hour < 0 { UNIX_EPOCH.checked_sub(distance) } else { UNIX_EPOCH.checked_add(distance) };
    start.unwrap_or(UNIX_EPOCH)
}

/// The lines of one hour.
#[derive(Debug)]
pub(crate) struct Hour {
    pub(crate) number: i64,
    /// Indexed by the service's number; services added later are missing.
    pub(crate) services: Vec<LevelCounts>,
}

/// The hours that have lines.
#[derive(Debug, Default)]
pub(crate) struct Hours {
    /// In order of time.
    hours: VecDeque<Hour>,
}

impl Hours {
    /// A week. Beyond that the oldest hour is removed, or one that lies in the future.
    pub(crate) const MOST: usize = 168;

    pub(crate) fn count(&mut self, time: SystemTime, service: usize, level: Level, clock: &dyn Clock) {
        let number = hour_of(time);
        if let Some(hour) = self.find(number, clock) {
            if hour.services.len() <= service {
                hour.services.resize(service + 1, LevelCounts::default());
            }
            hour.services[service].count(level);
        }
    }

    /// Finds or adds an hour; `None` if there is no room and it is older than all others.
    fn find(&mut self, number: i64, clock: &dyn Clock) -> Option<&mut Hour> {
        if self.hours.len() == Self::MOST && self.at(number).is_err() {
            let now = clock.now();
            self.hours.retain(|hour| !is_in_future(start_of(hour.number), now));
        }
        let at = match self.at(number) {
            Ok(at) => at,
            Err(mut at) => {
                if self.hours.len() == Self::MOST {
                    at = at.checked_sub(1)?;
                    self.hours.pop_front();
                }
                self.hours.insert(at, Hour { number, services: Vec::new() });
                at
            }
        };
        self.hours.get_mut(at)
    }

    /// The index of an hour, or where to insert it.
    fn at(&self, number: i64) -> Result<usize, usize> {
        self.hours.binary_search_by_key(&number, |hour| hour.number)
    }

    /// The hours that began after `cutoff`, up to `now`.
    pub(crate) fn between(&self, cutoff: SystemTime, now: SystemTime) -> impl Iterator<Item = &Hour> + Clone {
        let last = hour_of(now);
        let is_asked = move |hour: &&Hour| start_of(hour.number) > cutoff && hour.number <= last;
        self.hours.iter().filter(is_asked)
    }
}

#[cfg(test)]
mod tests {
    use radiosonde_testkit::ManualClock;

    use super::*;

    fn counted(hours: &Hours) -> Vec<i64> {
        hours.hours.iter().map(|hour| hour.number).collect()
    }

    #[test]
    fn times_fall_into_the_hour_that_they_are_in() {
        let second = |seconds: i64| {
            let distance = Duration::from_secs(seconds.unsigned_abs());
            if seconds < 0 { UNIX_EPOCH - distance } else { UNIX_EPOCH + distance }
        };
        for (seconds, hour) in [(0, 0), (3599, 0), (3600, 1), (-1, -1), (-3600, -1), (-3601, -2)] {
            assert_eq!(hour_of(second(seconds)), hour, "{seconds}");
        }
        assert_eq!(start_of(2), second(7200));
        assert_eq!(start_of(-2), second(-7200));
    }

    #[test]
    fn the_oldest_hour_goes_and_what_is_older_still_is_not_taken() {
        let (mut hours, clock) = (Hours::default(), ManualClock::new());
        let most = i64::try_from(Hours::MOST).unwrap();
        for hour in (10..10 + most).rev() {
            hours.count(start_of(hour), 0, Level::Info, &clock);
        }
        assert_eq!(counted(&hours), (10..10 + most).collect::<Vec<_>>());
        hours.count(start_of(9), 0, Level::Info, &clock);
        assert_eq!(counted(&hours)[0], 10);
        hours.count(start_of(10 + most), 0, Level::Info, &clock);
        assert_eq!(counted(&hours), (11..11 + most).collect::<Vec<_>>());
        hours.count(start_of(12), 2, Level::Warn, &clock);
        assert_eq!(hours.hours[1].services.iter().map(LevelCounts::total).collect::<Vec<_>>(), [1, 0, 1]);
    }

    #[test]
    fn hours_of_a_clock_that_was_ahead_make_room_for_the_present() {
        let (mut hours, clock) = (Hours::default(), ManualClock::new());
        let present = hour_of(clock.now());
        let most = i64::try_from(Hours::MOST).unwrap();
        for hour in 0..most {
            hours.count(start_of(present + 8760 + hour), 0, Level::Info, &clock);
        }
        hours.count(clock.now(), 0, Level::Info, &clock);
        assert_eq!(counted(&hours), [present]);
        // A clock that is set back to its start replaces only the oldest hour.
        for hour in 1..most {
            hours.count(start_of(present - hour), 0, Level::Info, &clock);
        }
        clock.set_wall(UNIX_EPOCH);
        hours.count(clock.now(), 0, Level::Info, &clock);
        assert_eq!(counted(&hours).len(), Hours::MOST);
    }
}
