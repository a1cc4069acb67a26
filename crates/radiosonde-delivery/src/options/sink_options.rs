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
/// | `max_in_flight` | 1 | 1 to 64 | requests sent at the same time; with more than one, batches may arrive out of order |
/// | `timeout` | 10 s | 1 ms to 10 min | one request, from connecting to the last byte of the response |
/// | `export_timeout` | none | 1 ms to 1 h | one batch with its retries; dropped as `export_timeout` when it has passed |
/// | `retry` | [`Retry`]'s | [`Retry`]'s | what happens after a failure |
///
/// Settings that are not set can be taken from other options with [`or`](Self::or). With the feature `serde` they are read under
/// these names, durations as texts like `5s`.
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
#[derive(Debug, Clone, Copy, Default)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize), serde(default, deny_unknown_fields))]
pub struct SinkOptions {
    /// Empty: the sink sets its own, see [`or_name`](Self::or_name).
    #[cfg_attr(feature = "serde", serde(skip))]
    name: &'static str,
    max_items: Option<usize>,
    max_bytes: Option<usize>,
    batch_items: Option<usize>,
    batch_bytes: Option<usize>,
    #[cfg_attr(
        feature = "serde",
        serde(deserialize_with = "radiosonde_core::deserialize::optional_duration")
    )]
    batch_age: Option<Duration>,
    max_in_flight: Option<usize>,
    #[cfg_attr(
        feature = "serde",
        serde(deserialize_with = "radiosonde_core::deserialize::optional_duration")
    )]
    timeout: Option<Duration>,
    #[cfg_attr(
        feature = "serde",
        serde(deserialize_with = "radiosonde_core::deserialize::optional_duration")
    )]
    export_timeout: Option<Duration>,
    retry: Option<Retry>,
}

/// Checked options, with the defaults where nothing is set.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SinkSettings {
    pub(crate) name: &'static str,
    pub(crate) max_items: usize,
    pub(crate) max_bytes: usize,
    pub(crate) batch_items: usize,
    pub(crate) batch_bytes: usize,
    pub(crate) batch_age: Duration,
    pub(crate) max_in_flight: usize,
    pub(crate) timeout: Duration,
    pub(crate) export_timeout: Option<Duration>,
    pub(crate) retry: Retry,
}

impl SinkOptions {
    /// The defaults, under this name. It is the `sink` label of the metrics and the source of diagnostics.
    pub fn new(name: &'static str) -> Self {
        Self { name, ..Self::default() }
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

    /// Takes what is not set here from `other`.
    pub fn or(self, other: Self) -> Self {
        Self {
            name: self.or_name(other.name).name,
            max_items: self.max_items.or(other.max_items),
            max_bytes: self.max_bytes.or(other.max_bytes),
            batch_items: self.batch_items.or(other.batch_items),
            batch_bytes: self.batch_bytes.or(other.batch_bytes),
            batch_age: self.batch_age.or(other.batch_age),
            max_in_flight: self.max_in_flight.or(other.max_in_flight),
            timeout: self.timeout.or(other.timeout),
            export_timeout: self.export_timeout.or(other.export_timeout),
            retry: self.retry.or(other.retry),
        }
    }

    /// Bounds the items held.
    pub const fn max_items(mut self, items: usize) -> Self {
        self.max_items = Some(items);
        self
    }

    /// Bounds the bytes held.
    pub const fn max_bytes(mut self, bytes: usize) -> Self {
        self.max_bytes = Some(bytes);
        self
    }

    /// Bounds the items in one request.
    pub const fn batch_items(mut self, items: usize) -> Self {
        self.batch_items = Some(items);
        self
    }

    /// Bounds the bytes in one request.
    pub const fn batch_bytes(mut self, bytes: usize) -> Self {
        self.batch_bytes = Some(bytes);
        self
    }

    /// How long the first item waits for a full batch. Zero sends at once.
    pub const fn batch_age(mut self, age: Duration) -> Self {
        self.batch_age = Some(age);
        self
    }

    /// Bounds the requests that are sent at the same time.
    pub const fn max_in_flight(mut self, requests: usize) -> Self {
        self.max_in_flight = Some(requests);
        self
    }

    /// Bounds one request.
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Bounds the delivery of one batch, retries included.
    pub const fn export_timeout(mut self, timeout: Duration) -> Self {
        self.export_timeout = Some(timeout);
        self
    }

    /// What happens after a failure.
    pub const fn retry(mut self, retry: Retry) -> Self {
        self.retry = Some(retry);
        self
    }

    /// The bound of one request: the one that is set, or the default. For protocols that send it along.
    #[must_use]
    pub fn request_timeout(&self) -> Duration {
        self.timeout.unwrap_or(Duration::from_secs(10))
    }

    pub(crate) fn check(&self) -> Result<SinkSettings, InvalidOption> {
        let settings = SinkSettings {
            name: self.name,
            max_items: self.max_items.unwrap_or(65_536),
            max_bytes: self.max_bytes.unwrap_or(16 << 20),
            batch_items: self.batch_items.unwrap_or(1_024),
            batch_bytes: self.batch_bytes.unwrap_or(1 << 20),
            batch_age: self.batch_age.unwrap_or(Duration::from_secs(1)),
            max_in_flight: self.max_in_flight.unwrap_or(1),
            timeout: self.request_timeout(),
            export_timeout: self.export_timeout,
            retry: self.retry.unwrap_or_default(),
        };
        if settings.name.is_empty() {
            return Err(InvalidOption::new("name", &settings.name, "a non-empty name"));
        }
        let counts = [
            ("max_items", settings.max_items),
            ("max_bytes", settings.max_bytes),
            ("batch_items", settings.batch_items),
            ("batch_bytes", settings.batch_bytes),
        ];
        for (option, value) in counts {
            if value == 0 {
                return Err(InvalidOption::new(option, &value, "1 and up"));
            }
        }
        if settings.batch_age > Duration::from_secs(3600) {
            return Err(InvalidOption::new("batch_age", &settings.batch_age, "at most 1h"));
        }
        if settings.max_in_flight == 0 || settings.max_in_flight > 64 {
            return Err(InvalidOption::new("max_in_flight", &settings.max_in_flight, "1 to 64"));
        }
        if let Some(timeout) = settings.export_timeout
            && (timeout < Duration::from_millis(1) || timeout > Duration::from_secs(3600))
        {
            return Err(InvalidOption::new("export_timeout", &timeout, "1ms to 1h"));
        }
        if settings.timeout < Duration::from_millis(1) || settings.timeout > Duration::from_secs(600) {
            return Err(InvalidOption::new("timeout", &settings.timeout, "1ms to 10min"));
        }
        settings.retry.check()?;
        Ok(settings)
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
            (options().max_in_flight(0), "max_in_flight"),
            (options().max_in_flight(65), "max_in_flight"),
            (options().timeout(Duration::ZERO), "timeout"),
            (options().export_timeout(Duration::ZERO), "export_timeout"),
            (options().export_timeout(Duration::MAX), "export_timeout"),
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

    #[test]
    fn what_is_set_first_wins_setting_by_setting() {
        let second = Duration::from_secs(1);
        let first = SinkOptions::default().timeout(second);
        let merged = first.or(SinkOptions::new("x").timeout(second * 2).max_items(7)).check().unwrap();
        assert_eq!((merged.name, merged.timeout, merged.max_items), ("x", second, 7));
        assert_eq!(merged.max_bytes, 16 << 20);
    }
}
