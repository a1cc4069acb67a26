use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use radiosonde_core::Clock;

/// A clock that stands still until a test moves it.
///
/// Clones share the same time. It starts at 2026-01-01T00:00:00Z, with the monotonic reading at zero.
///
/// ```
/// use std::time::Duration;
/// use radiosonde_core::Clock;
/// use radiosonde_testkit::ManualClock;
///
/// let clock = ManualClock::new();
/// let before = clock.now();
/// clock.advance(Duration::from_secs(90));
/// assert_eq!(clock.monotonic(), Duration::from_secs(90));
/// assert_eq!(clock.now().duration_since(before)?, Duration::from_secs(90));
/// # Ok::<(), std::time::SystemTimeError>(())
/// ```
#[derive(Debug, Clone)]
pub struct ManualClock {
    reading: Arc<Mutex<Reading>>,
}

#[derive(Debug, Clone, Copy)]
struct Reading {
    wall: SystemTime,
    monotonic: Duration,
}

/// 2026-01-01T00:00:00Z in seconds since 1970.
const START: Duration = Duration::from_secs(1_767_225_600);

impl ManualClock {
    /// A clock at 2026-01-01T00:00:00Z.
    #[must_use]
    pub fn new() -> Self {
        Self::at(SystemTime::UNIX_EPOCH + START)
    }

    /// A clock at this wall time.
    #[must_use]
    pub fn at(wall: SystemTime) -> Self {
        Self { reading: Arc::new(Mutex::new(Reading { wall, monotonic: Duration::ZERO })) }
    }

    /// Moves both readings forward.
    pub fn advance(&self, by: Duration) {
        let mut reading = self.lock();
        reading.wall += by;
        reading.monotonic += by;
    }

    /// Sets the wall clock, possibly back, as an administrator or NTP may. The monotonic reading is unchanged.
    pub fn set_wall(&self, wall: SystemTime) {
        self.lock().wall = wall;
    }

    fn lock(&self) -> MutexGuard<'_, Reading> {
        self.reading.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for ManualClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for ManualClock {
    fn now(&self) -> SystemTime {
        self.lock().wall
    }

    fn monotonic(&self) -> Duration {
        self.lock().monotonic
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_share_the_time() {
        let clock = ManualClock::new();
        let other = clock.clone();
        clock.advance(Duration::from_millis(5));
        assert_eq!(other.monotonic(), Duration::from_millis(5));
    }

    #[test]
    fn setting_the_wall_clock_back_leaves_the_monotonic_reading() {
        let clock = ManualClock::new();
        clock.advance(Duration::from_secs(5));
        clock.set_wall(SystemTime::UNIX_EPOCH);
        assert_eq!(clock.now(), SystemTime::UNIX_EPOCH);
        assert_eq!(clock.monotonic(), Duration::from_secs(5));
    }
}
