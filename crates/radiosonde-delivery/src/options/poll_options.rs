use std::time::Duration;

use crate::options::invalid_option::InvalidOption;

/// How often a backend is asked for something, for [`Delivery::poll`](crate::Delivery::poll).
///
/// # Shape
///
/// | Setting | Default | Range | Meaning |
/// |---|---|---|---|
/// | `interval` | 60 s | 10 ms to 24 h | from the end of one request to the next; each is up to a tenth shorter, at random |
/// | `timeout` | 10 s | 1 ms to 10 min | one request, from connecting to the last byte of the response |
/// | `max_response_bytes` | 4 MiB | any | a longer response is an error |
#[must_use]
#[derive(Debug, Clone, Copy)]
pub struct PollOptions {
    pub(crate) interval: Duration,
    pub(crate) timeout: Duration,
    pub(crate) max_response_bytes: usize,
}

impl Default for PollOptions {
    fn default() -> Self {
        Self {
            interval: Duration::from_secs(60),
            timeout: Duration::from_secs(10),
            max_response_bytes: 4 << 20,
        }
    }
}

impl PollOptions {
    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// The time between two requests.
    pub const fn interval(mut self, interval: Duration) -> Self {
        self.interval = interval;
        self
    }

    /// Bounds one request.
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Bounds a response's body.
    pub const fn max_response_bytes(mut self, bytes: usize) -> Self {
        self.max_response_bytes = bytes;
        self
    }

    pub(crate) fn check(self) -> Result<Self, InvalidOption> {
        let day = Duration::from_secs(24 * 3600);
        if self.interval < Duration::from_millis(10) || self.interval > day {
            return Err(InvalidOption::new("interval", &self.interval, "10ms to 24h"));
        }
        if self.timeout < Duration::from_millis(1) || self.timeout > Duration::from_secs(600) {
            return Err(InvalidOption::new("timeout", &self.timeout, "1ms to 10min"));
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_setting_out_of_range_is_named() {
        let options = PollOptions::new;
        for (options, option) in [
            (options().interval(Duration::ZERO), "interval"),
            (options().interval(Duration::MAX), "interval"),
            (options().timeout(Duration::ZERO), "timeout"),
            (options().timeout(Duration::MAX), "timeout"),
        ] {
            assert_eq!(options.check().unwrap_err().option(), option);
        }
        assert!(options().check().is_ok());
    }
}
