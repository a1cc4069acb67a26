//! The bytes on the wire, read back by a decoder that shares nothing with the encoder but the specification.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::sync::{Arc, OnceLock, mpsc};
use std::time::{Duration, UNIX_EPOCH};

use radiosonde_core::{SpanContext, SpanId, TraceFlags, TraceId};
use radiosonde_delivery::{Delivery, Retry, SinkOptions};
use radiosonde_metrics::collect::{Collection, Collector};
use radiosonde_metrics::model::{Kind, LabelSet, Number, SummarySample};
use radiosonde_metrics::{Buckets, Registry};
use radiosonde_push::{PushBuildError, RemoteWrite, RemoteWriteOptions};
use radiosonde_testkit::{HttpFake, ManualClock, Reaction, RecordedRequest};

const DEADLINE: Duration = Duration::from_secs(20);

type Labels = Vec<(String, String)>;

/// One series as it was received: its labels in their order, and value and time of each sample.
#[derive(Debug, PartialEq)]
struct Series {
    labels: Labels,
    samples: Vec<(f64, i64)>,
    exemplars: Vec<(Labels, f64, i64)>,
}

/// Walks protobuf by hand: pairs of field number and content, with numbers as their eight bytes.
fn fields(mut bytes: &[u8]) -> Vec<(u64, Vec<u8>)> {
    fn varint(bytes: &mut &[u8]) -> u64 {
        let mut value = 0;
        for shift in (0..).step_by(7) {
            let (&byte, rest) = bytes.split_first().unwrap();
            *bytes = rest;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                break;
            }
        }
        value
    }
    fn take(bytes: &mut &[u8], length: usize) -> Vec<u8> {
        let (content, rest) = bytes.split_at(length);
        *bytes = rest;
        content.to_vec()
    }
    let mut out = Vec::new();
    while !bytes.is_empty() {
        let key = varint(&mut bytes);
        let content = match key & 7 {
            0 => varint(&mut bytes).to_le_bytes().to_vec(),
            1 => take(&mut bytes, 8),
            2 => {
                let length = usize::try_from(varint(&mut bytes)).unwrap();
                take(&mut bytes, length)
            }
            other => panic!("wire type {other}"),
        };
        out.push((key >> 3, content));
    }
    out
}

fn label(bytes: &[u8]) -> (String, String) {
    let mut texts = fields(bytes).into_iter().map(|(_, text)| String::from_utf8(text).unwrap());
    (texts.next().unwrap(), texts.next().unwrap())
}

/// Value and time; what is zero is not on the wire.
fn sample(bytes: &[u8], value: u64, time: u64) -> (f64, i64) {
    let number = |field: u64| {
        let found = fields(bytes).into_iter().find(|(number, _)| *number == field);
        found.map_or([0; 8], |(_, bytes)| bytes.try_into().unwrap())
    };
    (f64::from_le_bytes(number(value)), i64::from_le_bytes(number(time)))
}

fn decode(request: &RecordedRequest) -> Vec<Series> {
    assert_eq!(request.method(), "POST");
    assert_eq!(request.header("content-encoding"), Some("snappy"));
    assert_eq!(request.header("content-type"), Some("application/x-protobuf"));
    assert_eq!(request.header("x-prometheus-remote-write-version"), Some("0.1.0"));
    let plain = snap::raw::Decoder::new().decompress_vec(request.body()).unwrap();
    let series = fields(&plain).into_iter().map(|(field, series)| {
        assert_eq!(field, 1, "timeseries");
        let mut read = Series { labels: Vec::new(), samples: Vec::new(), exemplars: Vec::new() };
        for (field, content) in fields(&series) {
            match field {
                1 => read.labels.push(label(&content)),
                2 => read.samples.push(sample(&content, 1, 2)),
                3 => {
                    let labels = fields(&content).into_iter().filter(|(field, _)| *field == 1);
                    let (value, time) = sample(&content, 2, 3);
                    read.exemplars.push((labels.map(|(_, bytes)| label(&bytes)).collect(), value, time));
                }
                other => panic!("field {other} of a series"),
            }
        }
        read
    });
    series.collect()
}

/// The series called so, as `labels value`, without those of delivery and of the registry itself.
fn lines(series: &[Series], name: &str) -> Vec<String> {
    let of_name = series.iter().filter(|series| {
        series.labels.iter().any(|(label, value)| label == "__name__" && value.starts_with(name))
    });
    let line = |series: &Series| {
        let labels: Vec<_> = series.labels.iter().map(|(name, value)| format!("{name}={value}")).collect();
        format!("{} {}", labels.join(","), series.samples[0].0)
    };
    of_name.map(line).collect()
}

struct Summary;

impl Collector for Summary {
    fn collect(&self, out: &mut Collection) {
        let sample = SummarySample { quantiles: &[(0.5, 0.25)], sum: 12.5, count: 40, created: None };
        out.family("rpc_seconds", "RPC.", Kind::Summary).summary(LabelSet::new([("job", "own")]), &sample);
        out.family("build_info", "Build.", Kind::Info).number(LabelSet::new([("a", "")]), Number::Signed(1));
    }
}

fn quick() -> SinkOptions {
    let ms = Duration::from_millis(1);
    SinkOptions::new("remote_write").batch_age(Duration::from_secs(3600)).retry(Retry::new().base(ms).cap(ms))
}

#[test]
fn the_path_of_a_remote_write_is_optional_and_may_end_with_a_slash() {
    for (given, path) in [
        ("/", "/api/v1/write"),
        ("/api/v1/write/", "/api/v1/write"),
        ("/prometheus/api/v1/write/?key=1", "/prometheus/api/v1/write?key=1"),
        ("/api/v1/push", "/api/v1/push"),
        ("/?key=1", "/api/v1/write?key=1"),
    ] {
        let receiver = HttpFake::start([]);
        let registry = Registry::new();
        registry.counter("rows_total", "Rows.").build().unwrap().inc();
        let options = RemoteWriteOptions::new(format!("{}{given}", receiver.url())).registry(&registry);
        options.start().unwrap().finish_blocking(DEADLINE);
        assert_eq!(receiver.requests()[0].path(), path, "{given}");
    }
}

#[test]
fn every_kind_of_metric_becomes_series_with_sorted_labels() {
    let receiver = HttpFake::start([]);
    let registry = Registry::new();
    registry.counter("Rows_total", "Rows.").labels(&["zone", "Area"]).unwrap().with(&["z", "a"]).inc_by(3);
    let buckets = Buckets::from_static(&[1e-5, 1.0]);
    let wait = registry.histogram("wait_seconds", "Wait.").buckets(buckets).build().unwrap();
    wait.observe(0.5);
    wait.observe(7.0);
    registry.collect_from(Summary);
    let clock = ManualClock::at(UNIX_EPOCH + Duration::from_millis(1_700_000_000_123));
    let options =
        RemoteWriteOptions::new(receiver.url()).job("load").registry(&registry).clock(Arc::new(clock));
    let report = options.start().unwrap().finish_blocking(DEADLINE);
    assert!(report.delivered() > 10 && report.dropped() + report.left() == 0, "{report}");

    let requests = receiver.requests();
    assert_eq!(requests.len(), 1);
    assert_eq!(requests[0].path(), "/api/v1/write");
    let series = decode(&requests[0]);
    assert!(
        series.iter().all(|series| series.samples.len() == 1 && series.samples[0].1 == 1_700_000_000_123)
    );
    assert!(
        series
            .iter()
            .all(|series| series.labels.is_sorted()
                && series.labels.iter().all(|(_, value)| !value.is_empty()))
    );
    assert_eq!(lines(&series, "Rows_total"), ["Area=a,__name__=Rows_total,job=load,zone=z 3"]);
    assert_eq!(
        lines(&series, "wait_seconds"),
        [
            "__name__=wait_seconds_bucket,job=load,le=1e-05 0",
            "__name__=wait_seconds_bucket,job=load,le=1.0 1",
            "__name__=wait_seconds_bucket,job=load,le=+Inf 2",
            "__name__=wait_seconds_sum,job=load 7.5",
            "__name__=wait_seconds_count,job=load 2",
        ]
    );
    assert_eq!(
        lines(&series, "rpc_seconds"),
        [
            "__name__=rpc_seconds,job=own,quantile=0.5 0.25",
            "__name__=rpc_seconds_sum,job=own 12.5",
            "__name__=rpc_seconds_count,job=own 40",
        ]
    );
    assert_eq!(lines(&series, "build_info"), ["__name__=build_info,job=load 1"]);
}

#[test]
fn a_nan_is_normalised_and_is_not_a_stale_marker() {
    let receiver = HttpFake::start([]);
    let registry = Registry::new();
    let payloads = [0x7ff0_0000_0000_0002_u64, 0x7ff8_0000_0000_0000, u64::MAX];
    let ratio = registry.gauge("ratio", "Ratio.").labels(&["bits"]).unwrap();
    payloads.iter().for_each(|bits| ratio.with(&[&format!("{bits:x}")]).set(f64::from_bits(*bits)));
    let options =
        RemoteWriteOptions::new(receiver.url()).registry(&registry).sink(quick()).stale_at_end(true);
    options.start().unwrap().finish_blocking(DEADLINE);
    let series: Vec<_> = receiver.requests().iter().flat_map(decode).collect();
    let is_name = |(label, value): &(String, String)| label == "__name__" && value == "ratio";
    let of_ratio = series.iter().filter(|series| series.labels.iter().any(is_name));
    let bits: Vec<u64> = of_ratio.map(|series| series.samples[0].0.to_bits()).collect();
    assert_eq!(bits, [[0x7ff8_0000_0000_0001; 3], [0x7ff0_0000_0000_0002; 3]].concat());
}

#[test]
fn an_exemplar_is_sent_with_its_bucket() {
    let receiver = HttpFake::start([]);
    let registry = Registry::new();
    let wait = registry.histogram("wait_seconds", "Wait.").build().unwrap();
    let context = SpanContext::new(TraceId::random(), SpanId::random(), TraceFlags::SAMPLED);
    wait.observe_in(0.5, Some(&context));
    RemoteWriteOptions::new(receiver.url()).registry(&registry).start().unwrap().finish_blocking(DEADLINE);
    let series = decode(&receiver.requests()[0]);
    let exemplars: Vec<_> = series.iter().flat_map(|series| &series.exemplars).collect();
    let (labels, value, time) = exemplars[0];
    assert_eq!((exemplars.len(), *value), (1, 0.5));
    let expected = [
        ("span_id".into(), context.span_id().to_string()),
        ("trace_id".into(), context.trace_id().to_string()),
    ];
    assert_eq!(labels[..], expected);
    assert!((1_700_000_000_000..4_000_000_000_000).contains(time), "{time} are no milliseconds");
}

#[test]
fn times_increase_from_push_to_push_and_the_last_may_be_a_marker() {
    let receiver = HttpFake::start([]);
    let registry = Registry::new();
    let gauge = registry.gauge("size", "Size.").build().unwrap();
    // Its clock stands still.
    let clock = ManualClock::at(UNIX_EPOCH + Duration::from_secs(5));
    let options =
        RemoteWriteOptions::new(receiver.url()).registry(&registry).clock(Arc::new(clock)).stale_at_end(true);
    let push = options.sink(quick()).start().unwrap();
    for value in [1.0, 2.0] {
        gauge.set(value);
        push.push();
    }
    let report = push.finish_blocking(DEADLINE);
    assert_eq!((report.dropped(), report.left()), (0, 0));
    let series: Vec<_> = receiver.requests().iter().flat_map(decode).collect();
    let sizes = series.iter().filter(|series| series.labels == [("__name__".into(), "size".into())]);
    let samples: Vec<_> = sizes.map(|series| (series.samples[0].0.to_bits(), series.samples[0].1)).collect();
    let expected = [(1.0_f64.to_bits(), 5000), (2.0_f64.to_bits(), 5001), (2.0_f64.to_bits(), 5002)];
    assert_eq!(samples[..3], expected);
    assert_eq!(samples[3..], [(0x7ff0_0000_0000_0002, 5003)]);
}

#[test]
fn a_collector_may_push_its_own_registry() {
    let receiver = HttpFake::start([]);
    let registry = Registry::new();
    registry.gauge("size", "Size.").build().unwrap().set(1.0);
    let sink = Arc::new(OnceLock::<RemoteWrite>::new());
    let own = Arc::clone(&sink);
    let pushes = move || own.get().map_or(0.0, |sink| f64::from(u8::from(sink.write())));
    registry.gauge_fn("pushed", "Pushed.", pushes).unwrap().keep();
    let clock = ManualClock::at(UNIX_EPOCH + Duration::from_secs(5));
    let options = RemoteWriteOptions::new(receiver.url()).registry(&registry).clock(Arc::new(clock));
    let delivery = Delivery::builder().start().unwrap();
    let remote = options.sink(quick()).build(&delivery).unwrap();
    assert!(sink.set(remote.clone()).is_ok());

    let (pushed, waits) = mpsc::channel();
    let thread = std::thread::spawn(move || pushed.send(remote.write()).unwrap());
    assert_eq!(waits.recv_timeout(DEADLINE), Ok(true));
    thread.join().unwrap();
    delivery.shutdown_blocking(DEADLINE);
    let series: Vec<_> = receiver.requests().iter().flat_map(decode).collect();
    let samples = |name: &str| -> Vec<_> {
        let of_name = series.iter().filter(|series| series.labels == [("__name__".into(), name.into())]);
        of_name.flat_map(|series| series.samples.clone()).collect()
    };
    assert_eq!(samples("size"), [(1.0, 5000), (1.0, 5001)], "that of the collector comes first");
    assert_eq!(samples("pushed"), [(1.0, 5001)]);
}

#[test]
fn requests_that_are_too_large_are_halved_and_refused_ones_counted() {
    let registry = Registry::new();
    let rows = registry.counter("rows_total", "Rows.").labels(&["table"]).unwrap();
    (0..20).for_each(|n| rows.with(&[&n.to_string()]).inc());
    let receiver = HttpFake::start([Reaction::status(413), Reaction::status(503), Reaction::status(204)]);
    let report = RemoteWriteOptions::new(receiver.url()).registry(&registry).sink(quick()).start().unwrap();
    let report = report.finish_blocking(DEADLINE);
    assert_eq!((report.dropped(), report.left()), (0, 0), "{report}");
    let requests = receiver.requests();
    assert_eq!(requests.len(), 4, "all, half, the same half again, the other half");
    let halves = [decode(&requests[2]), decode(&requests[3])].map(|series| series.len());
    assert_eq!(decode(&requests[0]).len(), halves[0] + halves[1]);

    let receiver = HttpFake::start([Reaction::status(400).body("out of order sample")]);
    let push = RemoteWriteOptions::new(receiver.url()).registry(&registry).sink(quick()).start().unwrap();
    let report = push.finish_blocking(DEADLINE);
    let sink = report.sink("remote_write").unwrap();
    assert_eq!((sink.delivered(), sink.dropped_for("out_of_order")), (0, sink.produced()));
}

#[test]
fn invalid_labels_are_refused_by_build() {
    let options = || RemoteWriteOptions::new("http://127.0.0.1:9090").registry(&Registry::new()).job("a");
    for name in ["", "a-b", "__name__", "job", "9"] {
        let error = options().label(name, "x").start().unwrap_err();
        assert!(matches!(&error, PushBuildError::Label(invalid) if invalid.name() == name), "{error}");
    }
    assert!(options().label("instance", "x").start().is_ok());
}
