//! Prometheus reads random registries with hostile names, labels, helps, values and exemplars in every format and by remote
//! write, and then stores the contents of their snapshots.
#![allow(clippy::unwrap_used, reason = "what a helper cannot do fails its test")]

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use conformance::generate::{families, hostile};
use conformance::{Flat, flat_snapshot, flat_snapshot_in_open_metrics, key};
use e2e::{Prometheus, ScrapeJob};
use proptest::strategy::{Strategy, ValueTree as _};
use proptest::test_runner::TestRunner;
use radiosonde_metrics::Registry;
use radiosonde_metrics::exposition::{Dialect, Format};
use radiosonde_metrics::model::Exemplar;
use radiosonde_push::RemoteWriteOptions;

const SOON: Duration = Duration::from_secs(60);
const REGISTRIES: usize = 12;
const PROTOCOLS: [(&str, Format); 4] = [
    ("PrometheusProto", Format::Protobuf),
    ("OpenMetricsText1.0.0", Format::OpenMetrics),
    ("PrometheusText1.0.0", Format::TextV1),
    ("PrometheusText0.0.4", Format::Text),
];

/// Native families beside those of a hostile collector, and minimal examples of former failures.
fn registries() -> Vec<Registry> {
    let mut runner = TestRunner::deterministic();
    let mut registries = Vec::new();
    for _ in 0..REGISTRIES {
        let registry = Registry::new();
        if registries.is_empty() {
            examples(&registry);
        }
        for plan in families().new_tree(&mut runner).unwrap().current() {
            let _ = plan.record(&registry);
        }
        registry.collect_from(hostile().new_tree(&mut runner).unwrap().current());
        registries.push(registry);
    }
    registries
}

fn examples(registry: &Registry) {
    let requests =
        registry.counter("requests_total", "NUL \0, quotes \" and \\.").exemplars().build().unwrap();
    requests.inc_with_exemplar(&[("order", "a\0b\0")]);
    let ended = registry.gauge("ended", "A value with the bits of a series' end.").build().unwrap();
    ended.set(f64::from_bits(0x7ff0_0000_0000_0002));
    assert!(Exemplar::new([("order", "a\0b\0")], 1.0).is_ok());
}

/// Serves the fourth registry at `/3`.
fn serve(registries: Vec<Registry>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            answer(&connection.unwrap(), &registries);
        }
    });
    address
}

fn answer(mut connection: &TcpStream, registries: &[Registry]) {
    let lines = BufReader::new(connection).lines().map(Result::unwrap);
    let head: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
    let path = head[0].split(' ').nth(1).unwrap();
    let registry = &registries[path[1..].parse::<usize>().unwrap()];
    let accept = head.iter().find_map(|line| line.strip_prefix("Accept: ")).unwrap_or_default();
    let dialect = Dialect::negotiate(accept);
    let body = registry.encode_bytes(dialect);
    let (length, content_type) = (body.len(), dialect.content_type());
    write!(connection, "HTTP/1.1 200 OK\r\ncontent-type: {content_type}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n").unwrap();
    connection.write_all(&body).unwrap();
}

/// Without the registry's self metrics, which grow with every scrape.
fn shown(flat: Flat) -> Flat {
    flat.into_iter().filter(|((name, _), _)| !name.starts_with("radiosonde_")).collect()
}

fn stored(prometheus: &Prometheus, job: &str) -> Flat {
    let query = format!(r#"{{job="{job}",__name__!~"up|scrape_.*|radiosonde_.*"}}"#);
    let samples = prometheus.query(&query).unwrap().into_iter().map(|sample| {
        let own =
            sample.labels.iter().filter(|(name, _)| !["__name__", "job", "instance"].contains(&&***name));
        let labels: Vec<_> = own.map(|(name, value)| (&**name, &**value)).collect();
        (key(sample.label("__name__"), labels), sample.value)
    });
    samples.collect()
}

#[track_caller]
fn assert_same(found: &Flat, expected: &Flat, job: &str) {
    assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>(), "{job}");
    for (key, value) in found {
        let expected = expected[key];
        assert!(
            *value == expected || (value.is_nan() && expected.is_nan()),
            "{job}: {key:?} {value} {expected}"
        );
    }
}

#[test]
fn prometheus_takes_random_registries_in_every_format() {
    let Some(prometheus) = Prometheus::start() else { return };
    let registries = registries();
    let address = serve(registries.clone());
    let jobs = || (0..REGISTRIES).flat_map(|at| PROTOCOLS.map(|(protocol, format)| (at, protocol, format)));
    for (at, protocol, _) in jobs() {
        let job = ScrapeJob::new(format!("{protocol}-{at}"), address).path(format!("/{at}"));
        prometheus.scrape(&job.protocols([protocol]));
    }
    for (at, registry) in registries.iter().enumerate() {
        let push = RemoteWriteOptions::new(prometheus.url()).job(format!("write-{at}")).registry(registry);
        let report = push.start().unwrap().finish_blocking(SOON);
        assert!(report.delivered() > 0 && report.dropped() + report.left() == 0, "{at}: {report}");
    }
    jobs().for_each(|(at, protocol, _)| prometheus.wait_until_up(&format!("{protocol}-{at}"), SOON));

    for (at, protocol, format) in jobs() {
        let snapshot = registries[at].snapshot();
        let expected = match format {
            Format::OpenMetrics => flat_snapshot_in_open_metrics(&snapshot),
            _ => flat_snapshot(&snapshot),
        };
        let job = format!("{protocol}-{at}");
        assert_same(&stored(&prometheus, &job), &shown(expected), &job);
    }
    for (at, registry) in registries.iter().enumerate() {
        let job = format!("write-{at}");
        assert_same(&stored(&prometheus, &job), &shown(flat_snapshot(&registry.snapshot())), &job);
    }
    let exemplars = prometheus.query_exemplars(r#"{job=~".*-0",__name__="requests_total"}"#).unwrap();
    let orders = |job: &str| {
        let of_job = exemplars.iter().filter(|exemplar| exemplar.series["job"] == job);
        of_job.map(|exemplar| exemplar.labels["order"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(orders("PrometheusProto-0"), ["a\0b\0"]);
    assert_eq!(orders("OpenMetricsText1.0.0-0"), ["a\u{fffd}b\u{fffd}"]);
    assert_eq!(prometheus.process().complaints(), Vec::<String>::new());
}
