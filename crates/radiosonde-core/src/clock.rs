use std::fmt::Debug;
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant, SystemTime};

/// A source of time: the system clock in production, a manual one in tests.
///
/// Two readings, for two purposes. [`now`](Clock::now) is the wall clock and may jump; it stamps lines and spans.
/// [`monotonic`](Clock::monotonic) never goes back; it measures durations and ages.
///
/// # Cost
/// [`SystemClock`] reads the vDSO: about 20 ns a call, no system call on Linux.
pub trait Clock: Send + Sync + Debug + 'static {
    /// The wall clock.
    fn now(&self) -> SystemTime;

    /// Time since an arbitrary fixed point; never decreases.
    fn monotonic(&self) -> Duration;
}

/// A clock shared by the parts of one telemetry set-up.
pub type SharedClock = Arc<dyn Clock>;

/// The operating system's clocks.
///
/// ```
/// use radiosonde_core::{Clock, SystemClock};
///
/// let start = SystemClock.monotonic();
/// assert!(SystemClock.monotonic() >= start);
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods, reason = "the one place where the real clock is read")]
    fn now(&self) -> SystemTime {
        SystemTime::now()
    }

    fn monotonic(&self) -> Duration {
        EPOCH.elapsed()
    }
}

#[allow(clippy::disallowed_methods, reason = "the one place where the real clock is read")]
static EPOCH: LazyLock<Instant> = LazyLock::new(Instant::now);
