//! Prometheus reads the same metrics in every format that it can request, and stores the same samples.
#![allow(clippy::unwrap_used, reason = "what a helper cannot do fails its test")]

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use e2e::{Prometheus, QueryError, ScrapeJob, wait_for};
use radiosonde_core::{Clock as _, SpanContext, SpanId, SystemClock, TraceFlags, TraceId};
use radiosonde_metrics::collect::{Collection, Collector};
use radiosonde_metrics::exposition::{Dialect, Escaping, Format};
use radiosonde_metrics::model::{
    Exemplar, HistogramSample, Kind, LabelSet, NativeSample, Number, NumberSample, SummarySample,
};
use radiosonde_metrics::{Buckets, Registry};

const SOON: Duration = Duration::from_secs(30);
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

/// The protocol that Prometheus requests, and the format of the response.
const PROTOCOLS: [(&str, Format); 5] = [
    ("PrometheusProto", Format::Protobuf),
    ("OpenMetricsText1.0.0", Format::OpenMetrics),
    // That version is not supported here, and text 0.0.4 is always accepted.
    ("OpenMetricsText0.0.1", Format::Text),
    ("PrometheusText1.0.0", Format::TextV1),
    ("PrometheusText0.0.4", Format::Text),
];

/// The formats whose content type has an escaping scheme; protobuf's has none.
const ESCAPED: [&str; 2] = ["OpenMetricsText1.0.0", "PrometheusText1.0.0"];

/// A metric of every kind, which no longer changes.
fn registry() -> Registry {
    let registry = Registry::new();
    let orders =
        registry.counter("orders_total", "Orders, by \"method\"\nand C:\\path.").labels(&["method"]).unwrap();
    orders.with(&["card"]).inc_by(1 << 60);
    orders.with(&["a\\b\"c\nd\u{2028}é"]).inc();
    registry
        .float_counter("busy_user_seconds_total", "Busy.")
        .unit("user_seconds")
        .build()
        .unwrap()
        .inc_by(0.3);
    let gauge =
        registry.gauge("temperature_celsius", "Temperature.").unit("celsius").labels(&["value"]).unwrap();
    for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.5, 1e300, 1e-7, 3.0] {
        gauge.with(&[&format!("{value:?}")]).set(value);
    }
    registry.counter("unused_total", "A family without series.").labels(&["method"]).unwrap();
    let sizes = registry.histogram("size_bytes", "Size.").unit("bytes");
    let sizes =
        sizes.buckets(Buckets::from_static(&[1e-5, 0.5, 1.0, 100_000.0, 1e6])).labels(&["kind"]).unwrap();
    let (trace, span) = (TraceId::from_hex(TRACE).unwrap(), SpanId::from_hex("00f067aa0ba902b7").unwrap());
    for value in [0.000_01, 0.5, 7.0, 2e6] {
        let _sampled = SpanContext::new(trace, span, TraceFlags::SAMPLED).enter();
        sizes.with(&["row"]).observe(value);
    }
    registry.collect_from(Collected(SystemClock.now()));
    registry
}

/// Metrics that have no instrument, or need none.
struct Collected(SystemTime);

impl Collector for Collected {
    fn collect(&self, out: &mut Collection) {
        let (trace_id, span_id) =
            (TraceId::from_hex(TRACE).unwrap(), SpanId::from_hex("00f067aa0ba902b7").unwrap());
        let context = SpanContext::new(trace_id, span_id, TraceFlags::SAMPLED);
        let exemplar = Exemplar::in_span(&context, 1.0).at(self.0);
        let exemplars = [exemplar.clone()];
        let created = Some(self.0 - Duration::from_secs(600));
        let paid = NumberSample { value: Number::Unsigned(7), exemplar: Some(&exemplar), created };
        out.number("paid_total", "Paid.", Kind::Counter, paid);
        out.number("mystery", "Nobody knows.", Kind::Unknown, Number::Signed(-4));
        out.family("build_info", "Build.", Kind::Info)
            .number(LabelSet::new([("version", "1.2")]), Number::Unsigned(1));
        let mode = out.family("mode", "Mode.", Kind::StateSet);
        mode.number(LabelSet::new([("mode", "on")]), Number::Unsigned(1));
        mode.number(LabelSet::new([("mode", "off")]), Number::Unsigned(0));
        let rpc = SummarySample { quantiles: &[(0.5, 0.2), (0.99, 1.0)], sum: 12.5, count: 40, created };
        out.family("rpc_seconds", "RPC.", Kind::Summary).summary(LabelSet::new([("to", "db")]), &rpc);

        let native = NativeSample {
            schema: 0,
            zero_threshold: 1e-128,
            zero_count: 1,
            positive: &[(0, 2), (1, 3), (9, 1)],
            negative: &[(2, 1)],
            exemplars: &exemplars,
        };
        // The classic buckets lag behind, which is permitted.
        let wait = HistogramSample {
            bounds: &[1.0, 2.0],
            counts: &[4, 2, 1],
            sum: 259.5,
            native: Some(native),
            created,
            ..HistogramSample::default()
        };
        out.family("wait_seconds", "Wait.", Kind::Histogram).histogram(LabelSet::default(), &wait);
        let none = HistogramSample {
            counts: &[0],
            native: Some(NativeSample::default()),
            ..HistogramSample::default()
        };
        out.family("idle_seconds", "Idle.", Kind::Histogram).histogram(LabelSet::default(), &none);
    }
}

/// Serves the registry at every path; records the dialect of each response.
struct Server {
    address: SocketAddr,
    spoken: Arc<Mutex<BTreeMap<String, Dialect>>>,
}

impl Server {
    fn start(registry: Registry) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (address, spoken) = (listener.local_addr().unwrap(), Arc::default());
        let log = Arc::clone(&spoken);
        std::thread::spawn(move || {
            for connection in listener.incoming() {
                answer(&connection.unwrap(), &registry, &log);
            }
        });
        Self { address, spoken }
    }
}

fn answer(mut connection: &TcpStream, registry: &Registry, log: &Mutex<BTreeMap<String, Dialect>>) {
    let lines = BufReader::new(connection).lines().map(Result::unwrap);
    let head: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
    let path = head[0].split(' ').nth(1).unwrap().to_owned();
    let accept = head.iter().find_map(|line| line.strip_prefix("Accept: ")).unwrap_or_default();
    let dialect = Dialect::negotiate(accept).created(path == "/created");
    let body = registry.encode_bytes(dialect);
    let (length, content_type) = (body.len(), dialect.content_type());
    log.lock().unwrap().insert(path, dialect);
    write!(connection, "HTTP/1.1 200 OK\r\ncontent-type: {content_type}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n").unwrap();
    connection.write_all(&body).unwrap();
}

/// Values by name and labels, without those that Prometheus adds.
type Samples = BTreeMap<BTreeMap<String, String>, String>;

fn samples(prometheus: &Prometheus, job: &str) -> Result<Samples, QueryError> {
    let found = prometheus.query(&format!(r#"{{job="{job}",__name__!~"up|scrape_.*"}}"#))?;
    let named = found.into_iter().map(|sample| {
        let mut labels = sample.labels.clone();
        labels.retain(|name, _| !["job", "instance"].contains(&&**name));
        (labels, format!("{:?}", sample.value))
    });
    Ok(named.collect())
}

#[test]
fn every_format_brings_the_same_samples_to_prometheus() {
    let Some(prometheus) = Prometheus::start() else { return };
    let server = Server::start(registry());
    let job = |name: &str| ScrapeJob::new(name, server.address).path(format!("/{name}"));
    for (protocol, _) in PROTOCOLS {
        prometheus.scrape(&job(protocol).protocols([protocol]));
    }
    let native = job("native").setting("scrape_native_histograms", true);
    prometheus.scrape(&native.setting("always_scrape_classic_histograms", true));
    prometheus.scrape(&job("created"));
    for format in ESCAPED {
        let name = format!("dots-{format}");
        prometheus.scrape(&job(&name).protocols([format]).setting("metric_name_escaping_scheme", "dots"));
    }
    let jobs: Vec<String> = server_jobs();
    jobs.iter().for_each(|job| prometheus.wait_until_up(job, SOON));

    let spoken = |path: &str| server.spoken.lock().unwrap()[&format!("/{path}")];
    for (protocol, format) in PROTOCOLS {
        assert_eq!(spoken(protocol).format, format, "{protocol}");
    }
    assert_eq!(spoken("native").format, Format::Protobuf);
    assert_eq!(spoken("PrometheusText1.0.0").escaping, Escaping::AllowUtf8);
    assert_eq!(
        spoken("created"),
        Dialect::new(Format::OpenMetrics).escaping(Escaping::AllowUtf8).created(true)
    );
    assert_eq!(spoken("dots-PrometheusText1.0.0"), Dialect::new(Format::TextV1).escaping(Escaping::Dots));

    the_same_samples(&prometheus);
    native_histograms(&prometheus);
    times_of_creation(&prometheus);
    doubled_underscores(&prometheus);
    assert_eq!(prometheus.process().complaints(), Vec::<String>::new());
}

fn server_jobs() -> Vec<String> {
    let protocols = PROTOCOLS.iter().map(|(protocol, _)| (*protocol).to_owned());
    protocols
        .chain(["native".to_owned(), "created".to_owned()])
        .chain(ESCAPED.map(|format| format!("dots-{format}")))
        .collect()
}

fn the_same_samples(prometheus: &Prometheus) {
    let expected = samples(prometheus, "PrometheusText0.0.4").unwrap();
    let value = |labels: &[(&str, &str)]| {
        let labels: BTreeMap<_, _> =
            labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        expected.get(&labels).map(String::as_str)
    };
    assert_eq!(value(&[("__name__", "orders_total"), ("method", "a\\b\"c\nd\u{2028}é")]), Some("1.0"));
    assert_eq!(value(&[("__name__", "temperature_celsius"), ("value", "NaN")]), Some("NaN"));
    assert_eq!(value(&[("__name__", "size_bytes_bucket"), ("kind", "row"), ("le", "1.0")]), Some("2.0"));
    assert_eq!(value(&[("__name__", "build_info"), ("version", "1.2")]), Some("1.0"));
    assert_eq!(value(&[("__name__", "rpc_seconds"), ("quantile", "0.99"), ("to", "db")]), Some("1.0"));
    assert!(expected.len() > 40, "{expected:#?}");
    for (protocol, format) in PROTOCOLS {
        let mut expected = expected.clone();
        if format == Format::Protobuf {
            // One count for both kinds of buckets: that of the native ones, which are ahead.
            for (labels, value) in &mut expected {
                let counts = ["wait_seconds_count", "wait_seconds_bucket"].contains(&&*labels["__name__"]);
                if counts && labels.get("le").is_none_or(|bound| bound == "+Inf") {
                    *value = "8.0".to_owned();
                }
            }
        }
        assert_eq!(samples(prometheus, protocol).unwrap(), expected, "{protocol}");
        let exemplars = prometheus.query_exemplars(&format!(r#"{{job="{protocol}"}}"#)).unwrap();
        let named: Vec<_> = exemplars.iter().map(|exemplar| exemplar.series["__name__"].as_str()).collect();
        let has_them = matches!(format, Format::Protobuf | Format::OpenMetrics);
        assert_eq!(
            named.iter().filter(|name| **name == "size_bytes_bucket").count(),
            if has_them { 4 } else { 0 },
            "{protocol}"
        );
        assert_eq!(named.contains(&"paid_total"), has_them, "{protocol}");
        assert!(exemplars.iter().all(|exemplar| exemplar.labels["trace_id"] == TRACE));
    }
}

fn native_histograms(prometheus: &Prometheus) {
    let value = |promql: &str| prometheus.value(promql).unwrap();
    let native = r#"wait_seconds{job="native"}"#;
    assert_eq!(value(&format!("histogram_count({native})")), Some(8.0));
    assert_eq!(value(&format!("histogram_sum({native})")), Some(259.5));
    // All but the one that is above 256.
    assert_eq!(value(&format!("histogram_fraction(-Inf, 2, {native}) * 8")), Some(7.0));
    let median = value(&format!("histogram_quantile(0.5, {native})")).unwrap();
    assert!((0.5..=1.0).contains(&median), "{median}");
    let most = value(&format!("histogram_quantile(1, {native})"));
    assert_eq!(most, Some(512.0));
    assert_eq!(value(r#"histogram_count(idle_seconds{job="native"})"#), Some(0.0));
    assert_eq!(value(r#"wait_seconds_bucket{job="native",le="2.0"}"#), Some(6.0));
    assert_eq!(value(r#"wait_seconds_count{job="native"}"#), Some(8.0));
    let exemplars = wait_for("a native exemplar", SOON, || {
        let found = prometheus.query_exemplars(native)?;
        if found.is_empty() { Err("none".into()) } else { Ok(found) }
    });
    assert_eq!((exemplars[0].value, &*exemplars[0].labels["trace_id"]), (1.0, TRACE));
}

fn times_of_creation(prometheus: &Prometheus) {
    let age =
        |name: &str| prometheus.value(&format!(r#"time() - {name}{{job="created"}}"#)).unwrap().unwrap();
    for name in ["paid_created", "rpc_seconds_created", "wait_seconds_created"] {
        let age = age(name);
        assert!((600.0..700.0).contains(&age), "{name}: {age}");
    }
    assert_eq!(prometheus.value(r#"count({__name__=~".*_created",job!="created"})"#).unwrap(), None);
}

fn doubled_underscores(prometheus: &Prometheus) {
    for format in ESCAPED {
        let value = |name: &str| prometheus.value(&format!(r#"{name}{{job="dots-{format}"}}"#)).unwrap();
        assert_eq!(value("busy__user__seconds__total"), Some(0.3), "{format}");
        assert_eq!(value("mystery"), Some(-4.0), "{format}");
        assert_eq!(value("size__bytes_count"), Some(4.0), "{format}");
    }
}
