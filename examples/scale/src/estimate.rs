//! What the fleet amounts to.

use crate::constants::{PROMETHEUS_BYTES_PER_SAMPLE, PROMETHEUS_BYTES_PER_SERIES, SERIES_OF_A_TARGET};
use crate::measured::Measured;
use crate::options::Options;
use crate::table::{bytes, count, days};

const DAY: f64 = 86_400.0;

/// Of the whole fleet, in bytes, seconds and days.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Estimate {
    pub(crate) series: f64,
    pub(crate) samples: f64,
    pub(crate) metrics_memory: f64,
    pub(crate) metrics_disk: f64,
    pub(crate) scraped: f64,
    pub(crate) scraped_gzip: f64,
    pub(crate) written: f64,
    pub(crate) streams: f64,
    /// Of lines with their structured metadata, as Loki's limits count them.
    pub(crate) line_bytes: f64,
    pub(crate) pushed: f64,
    pub(crate) logs_disk: f64,
    pub(crate) traces: f64,
    pub(crate) span_bytes: f64,
    pub(crate) span_gzip_bytes: f64,
    pub(crate) traces_disk: f64,
}

impl Estimate {
    pub(crate) fn of(options: &Options, measured: &Measured) -> Self {
        let interval = f64::from(options.scrape_seconds);
        let instances = f64::from(options.instances);
        let (lines, spans) = (f64::from(options.lines), f64::from(options.spans));
        // Far below 2^53.
        let number = |number: u64| number as f64;
        let series = instances * (number(measured.series) + SERIES_OF_A_TARGET);
        let samples = series / interval;
        let span_bytes = spans * number(measured.span_bytes);
        Self {
            series,
            samples,
            metrics_memory: series * PROMETHEUS_BYTES_PER_SERIES,
            metrics_disk: samples * DAY * f64::from(options.metrics_days) * PROMETHEUS_BYTES_PER_SAMPLE,
            scraped: instances * number(measured.scrape_bytes) / interval,
            scraped_gzip: instances * number(measured.scrape_gzip_bytes) / interval,
            written: instances * number(measured.write_bytes) / interval,
            streams: f64::from(options.services) * number(measured.levels),
            line_bytes: lines * number(measured.line_bytes + measured.metadata_bytes),
            pushed: lines * number(measured.line_push_bytes),
            logs_disk: lines * number(measured.line_stored_bytes) * DAY * f64::from(options.logs_days),
            traces: spans / number(measured.spans_per_trace.max(1)),
            span_bytes,
            span_gzip_bytes: spans * number(measured.span_gzip_bytes),
            traces_disk: span_bytes * DAY * f64::from(options.traces_days),
        }
    }

    /// What it amounts to, how much that is, and of what.
    pub(crate) fn rows(&self, options: &Options) -> Vec<[String; 3]> {
        let rate = |rate| format!("{}/s", bytes(rate));
        let row = |what: &str, amount: String, how: &str| [what.to_owned(), amount, how.to_owned()];
        vec![
            row("active series", count(self.series), "instances × (series + 5 of each target)"),
            row("samples per second", count(self.samples), "series / scrape interval"),
            row("memory of Prometheus", bytes(self.metrics_memory), "4 KiB for each series"),
            row(
                &format!("disk of Prometheus for {}", days(options.metrics_days)),
                bytes(self.metrics_disk),
                "2 bytes for each sample",
            ),
            row("scrapes on the wire, plain", rate(self.scraped), "measured text"),
            row("scrapes on the wire, gzip", rate(self.scraped_gzip), "measured; what Prometheus asks for"),
            row("the same by remote write", rate(self.written), "measured, version 1.0 with snappy"),
            row("streams in Loki", count(self.streams), "services × measured levels"),
            row(
                "lines",
                format!("{} a day", bytes(self.line_bytes * DAY)),
                "measured, with structured metadata",
            ),
            row("pushes to Loki on the wire", rate(self.pushed), "measured, snappy"),
            row(
                &format!("chunks of Loki for {}", days(options.logs_days)),
                bytes(self.logs_disk),
                "measured, gzip in blocks of 256 KiB",
            ),
            row("traces per second", count(self.traces), "spans / measured spans of a trace"),
            row("spans", format!("{} a day", bytes(self.span_bytes * DAY)), "measured OTLP"),
            row("OTLP on the wire, plain", rate(self.span_bytes), "measured"),
            row("OTLP on the wire, gzip", rate(self.span_gzip_bytes), "measured"),
            row(
                &format!("spans for {}", days(options.traces_days)),
                bytes(self.traces_disk),
                "measured OTLP; a store has indexes beside it",
            ),
        ]
    }
}
