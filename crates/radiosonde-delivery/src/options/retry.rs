use std::time::Duration;

use crate::options::invalid_option::InvalidOption;

/// How often and for how long a batch is retried.
///
/// # Shape
/// Before attempt *n + 1* the sink waits a random time between zero and `base · 2^(n-1)`, at most `cap`: full jitter, so that
/// many processes do not retry at the same moment. A `Retry-After` of the server is honoured in full, up to
/// `retry_after_cap`. After `max_attempts`, or once `max_age` has passed since the first attempt, the batch is dropped as
/// `retries_exhausted`.
///
/// | Setting | Default | Range |
/// |---|---|---|
/// | `base` | 500 ms | 1 ms to `cap` |
/// | `cap` | 30 s | `base` to 1 h |
/// | `retry_after_cap` | 60 s | 0 to 1 h |
/// | `max_attempts` | 20 | 1 and up |
/// | `max_age` | 5 min | any |
///
/// # Source
/// <https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/>
#[must_use]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize), serde(default, deny_unknown_fields))]
pub struct Retry {
    #[cfg_attr(feature = "serde", serde(deserialize_with = "radiosonde_core::deserialize::duration"))]
    base: Duration,
    #[cfg_attr(feature = "serde", serde(deserialize_with = "radiosonde_core::deserialize::duration"))]
    cap: Duration,
    #[cfg_attr(feature = "serde", serde(deserialize_with = "radiosonde_core::deserialize::duration"))]
    retry_after_cap: Duration,
    max_attempts: u32,
    #[cfg_attr(feature = "serde", serde(deserialize_with = "radiosonde_core::deserialize::duration"))]
    max_age: Duration,
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            base: Duration::from_millis(500),
            cap: Duration::from_secs(30),
            retry_after_cap: Duration::from_secs(60),
            max_attempts: 20,
            max_age: Duration::from_secs(300),
        }
    }
}

const HOUR: Duration = Duration::from_secs(3600);

impl Retry {
    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// A single attempt: a batch that fails is dropped.
    pub fn never() -> Self {
        Self::default().max_attempts(1)
    }

    /// The upper bound of the first wait.
    pub const fn base(mut self, base: Duration) -> Self {
        self.base = base;
        self
    }

    /// The upper bound of every wait.
    pub const fn cap(mut self, cap: Duration) -> Self {
        self.cap = cap;
        self
    }

    /// The longest `Retry-After` that is honoured; a longer one is shortened to this.
    pub const fn retry_after_cap(mut self, cap: Duration) -> Self {
        self.retry_after_cap = cap;
        self
    }

    /// The number of attempts of a batch, including the first.
    pub const fn max_attempts(mut self, attempts: u32) -> Self {
        self.max_attempts = attempts;
        self
    }

    /// How long after its first attempt a batch may still be retried.
    pub const fn max_age(mut self, age: Duration) -> Self {
        self.max_age = age;
        self
    }

    pub(crate) fn check(&self) -> Result<(), InvalidOption> {
        if self.cap > HOUR {
            return Err(InvalidOption::new("retry.cap", &self.cap, "at most 1h"));
        }
        if self.base < Duration::from_millis(1) || self.base > self.cap {
            return Err(InvalidOption::new("retry.base", &self.base, "1ms to retry.cap"));
        }
        if self.retry_after_cap > HOUR {
            return Err(InvalidOption::new("retry.retry_after_cap", &self.retry_after_cap, "at most 1h"));
        }
        if self.max_attempts == 0 {
            return Err(InvalidOption::new("retry.max_attempts", &self.max_attempts, "1 and up"));
        }
        Ok(())
    }

    /// Whether a batch with this many failures, first sent this long ago, is dropped.
    pub(crate) fn is_over(&self, failures: u32, age: Duration) -> bool {
        failures >= self.max_attempts || age >= self.max_age
    }

    /// How long to wait after `failures` failures; `random` lies in `0.0..1.0`.
    pub(crate) fn wait(&self, failures: u32, after: Option<Duration>, random: f64) -> Duration {
        let doublings = failures.saturating_sub(1).min(31);
        let bound = self.base.saturating_mul(1 << doublings).min(self.cap);
        let jittered = bound.mul_f64(random);
        jittered.max(after.unwrap_or_default().min(self.retry_after_cap))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn waits_grow_to_the_cap_and_never_pass_it() {
        let retry = Retry::new().base(MS * 100).cap(MS * 1000);
        let bounds: Vec<_> =
            (1..=6).map(|failures| retry.wait(failures, None, 1.0) / MS.as_millis() as u32).collect();
        assert_eq!(bounds, [100, 200, 400, 800, 1000, 1000].map(Duration::from_millis));
        assert_eq!(retry.wait(u32::MAX, None, 1.0), MS * 1000);
        assert_eq!(retry.wait(3, None, 0.5), MS * 200);
        assert_eq!(retry.wait(3, None, 0.0), Duration::ZERO);
    }

    #[test]
    fn retry_after_is_a_lower_bound_up_to_its_cap() {
        let retry = Retry::new().base(MS).cap(MS * 10).retry_after_cap(MS * 500);
        assert_eq!(retry.wait(1, Some(MS * 200), 0.9), MS * 200);
        assert_eq!(retry.wait(1, Some(HOUR), 0.9), MS * 500);
    }

    #[test]
    fn a_batch_is_dropped_by_attempts_or_by_age() {
        let retry = Retry::new().max_attempts(3).max_age(MS * 100);
        assert!(!retry.is_over(2, MS * 99));
        assert!(retry.is_over(3, Duration::ZERO));
        assert!(retry.is_over(1, MS * 100));
        assert!(Retry::never().is_over(1, Duration::ZERO));
    }
}
