//! What one instance exposes and sends, counted in this run.

use std::error::Error;
use std::io::{self, Write as _};
use std::time::Duration;

use axum::body::Body;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use http::Request;
use http_body_util::BodyExt as _;
use radiosonde::log::Writer;
use radiosonde::loki::LokiOptions;
use radiosonde::otlp::{Compression as OtlpCompression, OtlpOptions};
use radiosonde::push::RemoteWriteOptions;
use radiosonde::{Registry, Telemetry};
use radiosonde_testkit::{HttpFake, SharedBuffer};
use tower::ServiceExt as _;

use crate::service;

/// Loki compresses blocks of this size: `-ingester.chunks-block-size`.
const BLOCK: usize = 262_144;

/// As random as the one that a service has by default.
const INSTANCE: &str = "0b9a1c64-6d0b-4c1e-9f57-3c1b0d2f8a11";

/// The structured metadata of a pushed line, beside `service_instance_id`: fields that are in the line, too.
const METADATA: [&str; 5] = ["trace_id", "span_id", "correlation_id", "request_id", "user_id"];

const SOON: Duration = Duration::from_secs(10);

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Measured {
    /// Series of an instance, each histogram by its buckets, count and sum.
    pub(crate) series: u64,
    pub(crate) scrape_bytes: u64,
    pub(crate) scrape_gzip_bytes: u64,
    /// Of a remote write of all series, with snappy.
    pub(crate) write_bytes: u64,
    /// Levels of the lines: streams of an environment of a service.
    pub(crate) levels: u64,
    pub(crate) line_bytes: u64,
    /// Of its structured metadata, which Loki's limits count as well.
    pub(crate) metadata_bytes: u64,
    /// With its structured metadata, with gzip in blocks, as Loki stores them.
    pub(crate) line_stored_bytes: u64,
    /// In a push, with snappy and structured metadata.
    pub(crate) line_push_bytes: u64,
    pub(crate) span_bytes: u64,
    pub(crate) span_gzip_bytes: u64,
    pub(crate) spans_per_trace: u64,
}

impl Measured {
    /// The numbers with their names in the table.
    pub(crate) fn named(&self) -> [(&'static str, u64); 12] {
        [
            ("series", self.series),
            ("bytes of a scrape", self.scrape_bytes),
            ("bytes of a scrape, gzip", self.scrape_gzip_bytes),
            ("bytes of a remote write", self.write_bytes),
            ("levels of lines", self.levels),
            ("bytes of a line", self.line_bytes),
            ("bytes of a line's structured metadata", self.metadata_bytes),
            ("bytes of a line in Loki's chunks", self.line_stored_bytes),
            ("bytes of a line in a push", self.line_push_bytes),
            ("bytes of a span", self.span_bytes),
            ("bytes of a span, gzip", self.span_gzip_bytes),
            ("spans of a trace", self.spans_per_trace),
        ]
    }

    /// From the numbers of a table.
    #[cfg(test)]
    pub(crate) fn from_named(number: impl Fn(&str) -> u64) -> Self {
        Self {
            series: number("series"),
            scrape_bytes: number("bytes of a scrape"),
            scrape_gzip_bytes: number("bytes of a scrape, gzip"),
            write_bytes: number("bytes of a remote write"),
            levels: number("levels of lines"),
            line_bytes: number("bytes of a line"),
            metadata_bytes: number("bytes of a line's structured metadata"),
            line_stored_bytes: number("bytes of a line in Loki's chunks"),
            line_push_bytes: number("bytes of a line in a push"),
            span_bytes: number("bytes of a span"),
            span_gzip_bytes: number("bytes of a span, gzip"),
            spans_per_trace: number("spans of a trace"),
        }
    }
}

/// Runs an instance, whose backends are in this process.
pub(crate) fn measure() -> Result<Measured, Box<dyn Error>> {
    let (backend, lines, registry) = (
        HttpFake::answering(|_| radiosonde_testkit::Reaction::status(200)),
        SharedBuffer::new(),
        Registry::new(),
    );
    let telemetry = radiosonde::builder()
        .service_name("orders")
        .resource(|resource| {
            resource.service_version("1.4.2").environment("production").instance_id(INSTANCE)
        })
        .registry(&registry)
        .logs(|logs| logs.writer(Writer::new("memory", lines.clone())).queue_bytes(0))
        .loki(LokiOptions::new(backend.url()))
        .otlp(OtlpOptions::new(backend.url()).compression(OtlpCompression::Gzip))
        .init()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build()?;
    registry.collect_from(radiosonde::tokio::TokioRuntime::new(runtime.handle()));
    runtime.block_on(service::run(&telemetry))?;
    let (scrape, scrape_gzip) = runtime.block_on(scraped(&telemetry))?;
    let written = RemoteWriteOptions::new(backend.url()).job("orders").registry(&registry).start()?;
    written.finish_blocking(SOON);
    let report = telemetry.shutdown_blocking(SOON);
    let delivered = |sink: &str| report.sink(sink).map_or(0, |sink| sink.delivered());

    let bodies =
        |path: &'static str| backend.requests().into_iter().filter(move |request| request.path() == path);
    let sum = |path| bodies(path).map(|request| request.body().len() as u64).sum::<u64>();
    let mut spans_bytes = 0;
    for request in bodies("/v1/traces") {
        spans_bytes += io::copy(&mut GzDecoder::new(request.body()), &mut io::sink())?;
    }
    let lines = lines.text();
    let metadata: String = lines.lines().map(|line| metadata_of(line, INSTANCE)).collect();
    let series = scrape.lines().filter(|line| !line.starts_with('#')).count() as u64;
    let each = |bytes: u64, count: u64| (bytes + count / 2).checked_div(count).unwrap_or_default();
    let (spans, pushed, logged) = (delivered("otlp"), delivered("loki"), lines.lines().count() as u64);
    let levels =
        ["INFO", "WARN", "ERROR"].iter().filter(|level| lines.contains(&format!(r#""level":"{level}""#)));
    Ok(Measured {
        series,
        scrape_bytes: scrape.len() as u64,
        scrape_gzip_bytes: scrape_gzip,
        write_bytes: sum("/api/v1/write"),
        levels: levels.count() as u64,
        line_bytes: each(lines.len() as u64, logged),
        metadata_bytes: each(metadata.len() as u64, logged),
        line_stored_bytes: each(stored(&(lines + &metadata))?, logged),
        line_push_bytes: each(sum("/loki/api/v1/push"), pushed),
        span_bytes: each(spans_bytes, spans),
        span_gzip_bytes: each(sum("/v1/traces"), spans),
        spans_per_trace: each(spans, service::REQUESTS as u64),
    })
}

/// A scrape as Prometheus asks for it: the text, and the size of the same with gzip.
async fn scraped(telemetry: &Telemetry) -> Result<(String, u64), Box<dyn Error>> {
    let ask = |encoding| {
        Request::builder()
            .uri("/metrics")
            .header("accept", "application/openmetrics-text;version=1.0.0")
            .header("accept-encoding", encoding)
            .body(Body::empty())
    };
    let plain =
        telemetry.metrics_service().oneshot(ask("identity")?).await?.into_body().collect().await?.to_bytes();
    let gzip =
        telemetry.metrics_service().oneshot(ask("gzip")?).await?.into_body().collect().await?.to_bytes();
    Ok((String::from_utf8(plain.to_vec())?, gzip.len() as u64))
}

/// Names and values of the structured metadata of a line.
fn metadata_of(line: &str, instance: &str) -> String {
    let mut metadata = format!("service_instance_id{instance}");
    for name in METADATA {
        let value = line.split_once(&format!(r#""{name}":""#)).and_then(|(_, rest)| rest.split_once('"'));
        metadata.extend(value.into_iter().flat_map(|(value, _)| [name, value]));
    }
    metadata
}

/// The bytes of lines in Loki's chunks.
fn stored(lines: &str) -> Result<u64, io::Error> {
    let mut bytes = 0;
    for block in lines.as_bytes().chunks(BLOCK) {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
        gzip.write_all(block)?;
        bytes += gzip.finish()?.len() as u64;
    }
    Ok(bytes)
}
