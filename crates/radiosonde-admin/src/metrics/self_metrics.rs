use std::time::Duration;

use radiosonde_core::diagnostics;
use radiosonde_metrics::{Buckets, Counter, DynFamily, Histogram, RegisterError, Registry};

/// Counts scrapes, in the registry that is scraped.
#[derive(Debug, Clone)]
pub(crate) struct SelfMetrics(Option<Declared>);

#[derive(Debug, Clone)]
struct Declared {
    scrapes: DynFamily<Counter>,
    duration: Histogram,
    sent_bytes: Counter,
}

/// How a request ended.
#[allow(dead_code, reason = "some are only used by the listener, which is a feature")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Answered with metrics that were gathered for it.
    Served,
    /// Answered with metrics that another request at the same time has, too.
    Shared,
    /// Too many were in flight.
    Busy,
    /// Gathering took longer than the scraper waits.
    TimedOut,
    /// Gathering panicked, or there was no thread for it.
    Failed,
    /// Missing or unknown credentials.
    Unauthorized,
    /// Not a request yet: the TLS handshake failed.
    Handshake,
    /// Invalid method, query or headers.
    Refused,
    /// Another path than that of the metrics.
    NotFound,
    /// It had a body, or a head beyond the limit.
    TooLarge,
}

impl Outcome {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Served => "served",
            Self::Shared => "shared",
            Self::Busy => "busy",
            Self::TimedOut => "timed_out",
            Self::Failed => "failed",
            Self::Unauthorized => "unauthorized",
            Self::Handshake => "handshake",
            Self::Refused => "refused",
            Self::NotFound => "not_found",
            Self::TooLarge => "too_large",
        }
    }
}

impl SelfMetrics {
    /// Counts nothing if the names are taken by other metrics, which is reported.
    pub(crate) fn new(registry: &Registry) -> Self {
        let declared = Declared::new(registry);
        if let Err(error) = &declared {
            diagnostics::report("metrics", "scrapes", format_args!("scrapes are not counted: {error}"));
        }
        Self(declared.ok())
    }

    pub(crate) fn count(&self, outcome: Outcome) {
        if let Some(Declared { scrapes, .. }) = &self.0 {
            scrapes.with(&[outcome.as_str()]).inc();
        }
    }

    pub(crate) fn gathered(&self, took: Duration) {
        if let Some(Declared { duration, .. }) = &self.0 {
            duration.observe(took.as_secs_f64());
        }
    }

    pub(crate) fn sent(&self, bytes: usize) {
        if let Some(Declared { sent_bytes, .. }) = &self.0 {
            sent_bytes.inc_by(bytes as u64);
        }
    }
}

impl Declared {
    fn new(registry: &Registry) -> Result<Self, RegisterError> {
        let help = "Number of requests for metrics, by outcome.";
        let scrapes = registry.counter("radiosonde_metrics_scrapes_total", help).labels(&["outcome"])?;
        let help = "Time to gather, encode and compress the metrics of a scrape, in seconds.";
        let duration = registry.histogram("radiosonde_metrics_scrape_duration_seconds", help);
        let duration = duration.buckets(Buckets::from_static(&[0.001, 0.01, 0.1, 1.0])).build()?;
        let help = "Bytes of metrics sent to scrapers, after compression.";
        let sent_bytes = registry.counter("radiosonde_metrics_scrape_sent_bytes_total", help).build()?;
        Ok(Self { scrapes, duration, sent_bytes })
    }
}
