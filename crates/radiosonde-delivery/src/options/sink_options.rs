use std::time::Duration;

use crate::options::invalid_option::InvalidOption;
use crate::options::retry::Retry;

/// The name and bounds of a sink.
///
/// # Shape
///
/// | Setting | Default | Range | Meaning |
/// |---|---|---|---|
/// | `max_items` | 65 536 | 1 and up | items held, queued and in flight together |
/// | `max_bytes` | 16 MiB | 1 and up | bytes held, queued and in flight together, as the pusher counts them |
/// | `batch_items` | 1 024 | 1 and up | items in one request |
/// | `batch_bytes` | 1 MiB | 1 and up | bytes in one request, before encoding; a larger item is sent alone |
/// | `batch_age` | 1 s | up to 1 h | how long the first item waits for a full batch |
/// | `timeout` | 10 s | 1 ms to 10 min | one request, from connecting to the last byte of the response |
/// | `retry` | [`Retry`]'s | [`Retry`]'s | what happens after a failure |
///
/// With the feature `serde` they are read under these names, durations as texts like `5s`.
///
/// ```
/// use std::time::Duration;
/// use radiosonde_delivery::{Retry, SinkOptions};
///
/// // Small, with few retries: for a job that runs for seconds.
/// let retry = Retry::new().base(Duration::from_millis(50)).max_age(Duration::from_secs(10));
/// let options = SinkOptions::new("loki").max_bytes(1 << 20).timeout(Duration::from_secs(2)).retry(retry);
/// # let _ = options;
/// ```
#[must_use]
#[derive(Debug, Clone, Copy)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize), serde(default, deny_unknown_fields))]
pub struct SinkOptions {
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(crate) name: &'static str,
    pub(crate) max_items: usize,
    pub(crate) max_bytes: usize,
    pub(crate) batch_items: usize,
    pub(crate) batch_bytes: usize,
    #[cfg_attr(feature = "serde", serde(deserialize_with = "radiosonde_core::deserialize::duration"))]
    pub(crate) batch_age: Duration,
    #[cfg_attr(feature = "serde", serde(deserialize_with = "radiosonde_core::deserialize::duration"))]
    pub(crate) timeout: Duration,
    pub(crate) retry: Retry,
}

impl Default for SinkOptions {
    /// Without a name: the sink sets its own, see [`or_name`](Self::or_name).
    fn default() -> Self {
        Self::new("")
    }
}

impl SinkOptions {
    /// The defaults, under this name. It is the `sink` label of the metrics and the source of diagnostics.
    pub fn new(name: &'static str) -> Self {
        Self {
            name,
            max_items: 65_536,
            max_bytes: 16 << 20,
            batch_items: 1_024,
            batch_bytes: 1 << 20,
            batch_age: Duration::from_secs(1),
            timeout: Duration::from_secs(10),
            retry: Retry::default(),
        }
    }

    /// Sets the name, for a second sink of the same kind.
    pub const fn name(mut self, name: &'static str) -> Self {
        self.name = name;
        self
    }

    /// Sets the name unless there is one.
    pub const fn or_name(mut self, name: &'static str) -> Self {
        if self.name.is_empty() {
            self.name = name;
        }
        self
    }

    /// Bounds the items held.
    pub const fn max_items(mut self, items: usize) -> Self {
        self.max_items = items;
        self
    }

    /// Bounds the bytes held.
    pub const fn max_bytes(mut self, bytes: usize) -> Self {
        self.max_bytes = bytes;
        self
    }

    /// Bounds the items in one request.
    pub const fn batch_items(mut self, items: usize) -> Self {
        self.batch_items = items;
        self
    }

    /// Bounds the bytes in one request.
    pub const fn batch_bytes(mut self, bytes: usize) -> Self {
        self.batch_bytes = bytes;
        self
    }

    /// How long the first item waits for a full batch. Zero sends at once.
    pub const fn batch_age(mut self, age: Duration) -> Self {
        self.batch_age = age;
        self
    }

    /// Bounds one request.
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// What happens after a failure.
    pub const fn retry(mut self, retry: Retry) -> Self {
        self.retry = retry;
        self
    }

    pub(crate) fn check(&self) -> Result<(), InvalidOption> {
        if self.name.is_empty() {
            return Err(InvalidOption::new("name", &self.name, "a non-empty name"));
        }
        let counts = [
            ("max_items", self.max_items),
            ("max_bytes", self.max_bytes),
            ("batch_items", self.batch_items),
            ("batch_bytes", self.batch_bytes),
        ];
        for (option, value) in counts {
            if value == 0 {
                return Err(InvalidOption::new(option, &value, "1 and up"));
            }
        }
        if self.batch_age > Duration::from_secs(3600) {
            return Err(InvalidOption::new("batch_age", &self.batch_age, "at most 1h"));
        }
        if self.timeout < Duration::from_millis(1) || self.timeout > Duration::from_secs(600) {
            return Err(InvalidOption::new("timeout", &self.timeout, "1ms to 10min"));
        }
        self.retry.check()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_setting_out_of_range_is_named() {
        let options = || SinkOptions::new("x");
        let cases = [
            (SinkOptions::new(""), "name"),
            (options().max_items(0), "max_items"),
            (options().max_bytes(0), "max_bytes"),
            (options().batch_items(0), "batch_items"),
            (options().batch_bytes(0), "batch_bytes"),
            (options().batch_age(Duration::MAX), "batch_age"),
            (options().timeout(Duration::ZERO), "timeout"),
            (options().retry(Retry::new().base(Duration::ZERO)), "retry.base"),
            (options().retry(Retry::new().cap(Duration::MAX)), "retry.cap"),
            (options().retry(Retry::new().retry_after_cap(Duration::MAX)), "retry.retry_after_cap"),
            (options().retry(Retry::new().max_attempts(0)), "retry.max_attempts"),
        ];
        for (options, option) in cases {
            assert_eq!(options.check().unwrap_err().option(), option);
        }
        assert!(options().check().is_ok());
        let error = options().timeout(Duration::ZERO).check().unwrap_err();
        assert_eq!(error.to_string(), "invalid timeout 0ns: expected 1ms to 10min");
    }
}
