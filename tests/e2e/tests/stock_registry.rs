//! Prometheus scrapes a registry of the `prometheus` crate, by that crate's encoder, and gets what its model has no place for.
#![allow(clippy::unwrap_used, reason = "what a helper cannot do fails its test")]

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::time::{Duration, SystemTime};

use e2e::{Prometheus, ScrapeJob, wait_for};
use prometheus::{Encoder as _, ProtobufEncoder};
use radiosonde_core::{Clock as _, SpanContext, SpanId, SystemClock, TraceFlags, TraceId};
use radiosonde_metrics::collect::{Collection, Collector};
use radiosonde_metrics::model::{Exemplar, HistogramSample, Kind, LabelSet, NativeSample};
use radiosonde_metrics::{Buckets, Registry};

const SOON: Duration = Duration::from_secs(30);
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

fn context() -> SpanContext {
    let span = SpanId::from_hex("00f067aa0ba902b7").unwrap();
    SpanContext::new(TraceId::from_hex(TRACE).unwrap(), span, TraceFlags::SAMPLED)
}

/// A histogram with exponential buckets, and an exemplar in them.
struct Wait(SystemTime);

impl Collector for Wait {
    fn collect(&self, out: &mut Collection) {
        let exemplars = [Exemplar::in_span(&context(), 3.0).at(self.0)];
        let native = NativeSample {
            schema: 0,
            zero_threshold: 1e-128,
            zero_count: 1,
            positive: &[(0, 2), (1, 3), (9, 1)],
            negative: &[(2, 1)],
            exemplars: &exemplars,
        };
        let sample = HistogramSample {
            bounds: &[1.0, 2.0],
            counts: &[4, 3, 1],
            sum: 259.5,
            native: Some(native),
            created: Some(self.0 - Duration::from_secs(600)),
            ..HistogramSample::default()
        };
        out.family("wait_seconds", "Wait.", Kind::Histogram).histogram(LabelSet::default(), &sample);
    }
}

/// Answers every request with what the `prometheus` crate writes of the registry.
fn serve(theirs: prometheus::Registry) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            let mut connection = connection.unwrap();
            let request = BufReader::new(&connection).lines().map(Result::unwrap);
            assert!(request.take_while(|line| !line.is_empty()).count() > 0);
            let encoder = ProtobufEncoder::new();
            let mut body = Vec::new();
            encoder.encode(&theirs.gather(), &mut body).unwrap();
            let (content_type, length) = (encoder.format_type(), body.len());
            write!(connection, "HTTP/1.1 200 OK\r\ncontent-type: {content_type}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n").unwrap();
            connection.write_all(&body).unwrap();
        }
    });
    address
}

#[test]
fn exemplars_and_native_histograms_come_out_of_a_stock_registry() {
    let Some(prometheus) = Prometheus::start() else { return };
    let ours = Registry::new();
    let sizes = ours.histogram("size_bytes", "Size.").buckets(Buckets::from_static(&[1.0])).build().unwrap();
    {
        let _sampled = context().enter();
        sizes.observe(0.5);
        sizes.observe(5.0);
    }
    ours.collect_from(Wait(SystemClock.now()));
    let theirs = prometheus::Registry::new();
    let hits = prometheus::IntCounter::new("hits_total", "Hits.").unwrap();
    hits.inc_by(3);
    theirs.register(Box::new(hits)).unwrap();
    radiosonde_prometheus::appear_in(&ours, &theirs).unwrap();

    let job = ScrapeJob::new("stock", serve(theirs)).setting("scrape_native_histograms", true);
    prometheus.scrape(&job);
    prometheus.wait_until_up("stock", SOON);
    let value =
        |promql: &str| wait_for(promql, SOON, || Ok(prometheus.value(promql)?.ok_or("no such series")?));
    assert_eq!(value("hits_total"), 3.0);
    // These functions take exponential buckets only.
    assert_eq!((value("histogram_count(wait_seconds)"), value("histogram_sum(wait_seconds)")), (8.0, 259.5));
    let fraction = value("histogram_fraction(1, 2, wait_seconds)");
    assert!((fraction - 3.0 / 8.0).abs() < 1e-9, "{fraction}");
    assert_eq!(value("size_bytes_bucket{le=\"+Inf\"}"), 2.0);

    let exemplars = prometheus.query_exemplars("{job=\"stock\"}").unwrap();
    let mut found: Vec<_> = exemplars
        .iter()
        .map(|exemplar| {
            assert_eq!(exemplar.labels["trace_id"], TRACE);
            (exemplar.series["__name__"].as_str(), exemplar.value)
        })
        .collect();
    found.sort_by(|a, b| a.partial_cmp(b).unwrap());
    let expected = [("size_bytes_bucket", 0.5), ("size_bytes_bucket", 5.0), ("wait_seconds", 3.0)];
    assert_eq!(found, expected);
    assert_eq!(prometheus.process().complaints(), Vec::<String>::new());
}
