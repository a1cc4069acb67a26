//! An absent, stopped or hanging Loki and Jaeger do not affect the service: memory stays bounded, and the report adds up.
//!
//! The service is this test binary, started as a separate process: telemetry and memory are global.
#![allow(
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test fails by panicking, and a process speaks"
)]

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use e2e::{Jaeger, Loki};
use radiosonde::log::Writer;
use radiosonde::{Clock as _, SystemClock};
use tower::{Layer as _, ServiceExt as _, service_fn};

const ROLE: &str = "RADIOSONDE_TEST_SERVICE";
/// The number of requests before the fault, and after it: more than a queue holds.
const REQUESTS: [u32; 2] = [200, 90_000];
/// The default capacity of a queue.
const QUEUE_BYTES: f64 = (16 << 20) as f64;
/// A backend that blocked the service would do so for the ten seconds of a request's timeout.
const SLOW: Duration = Duration::from_secs(2);
/// Two full queues, their encoded batches, and the memory that the allocator keeps.
const GROWTH: f64 = (160 << 20) as f64;

/// The service: serves requests, waits for the fault, serves more, shuts down, and prints its results.
#[test]
fn service() {
    if std::env::var_os(ROLE).is_none() {
        return;
    }
    let telemetry = radiosonde::builder()
        .service_name("patient")
        .logs(|logs| logs.writer(Writer::new("nowhere", std::io::sink())))
        .init()
        .unwrap();
    let registry = telemetry.registry().clone();
    let value = move |name: &str| {
        let text = registry.text();
        let line = text.lines().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("no {name}"));
        line.rsplit(' ').next().unwrap().parse::<f64>().unwrap()
    };
    let service = telemetry
        .server_layer()
        .layer(service_fn(async |_| Ok::<_, Infallible>(http::Response::new(String::new()))));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let (mut slowest, mut fullest) = (Duration::ZERO, 0.0_f64);
    let mut memory = 0.0;
    for (phase, requests) in REQUESTS.into_iter().enumerate() {
        for n in 0..requests {
            let start = SystemClock.monotonic();
            let answer = runtime.block_on(service.clone().oneshot(http::Request::new(String::new())));
            slowest = slowest.max(SystemClock.monotonic() - start);
            assert_eq!(answer.unwrap().status(), 200);
            if n % 5_000 == 0 {
                for sink in ["loki", "otlp"] {
                    fullest =
                        fullest.max(value(&format!("radiosonde_delivery_queue_bytes{{sink=\"{sink}\"}}")));
                }
            }
        }
        if phase == 0 {
            memory = value("process_resident_memory_bytes");
            println!("ready");
            std::io::stdin().read_line(&mut String::new()).unwrap();
        }
    }
    let grown = value("process_resident_memory_bytes") - memory;
    let report = telemetry.shutdown_blocking(Duration::from_secs(3));
    println!("slowest_seconds {}", slowest.as_secs_f64());
    println!("fullest_bytes {fullest}");
    println!("grown_bytes {grown}");
    for sink in report.sinks() {
        let name = sink.name();
        println!("{name}_produced {}", sink.produced());
        println!("{name}_delivered {}", sink.delivered());
        println!("{name}_dropped {}", sink.dropped());
        println!("{name}_left {}", sink.left());
        let text = telemetry.registry().text();
        let counted = text
            .lines()
            .filter(|line| line.starts_with("radiosonde_delivery_dropped_total{"))
            .filter(|line| line.contains(&format!("sink=\"{name}\"")))
            .map(|line| line.rsplit(' ').next().unwrap().parse::<f64>().unwrap());
        println!("{name}_counted_dropped {}", counted.sum::<f64>());
    }
    println!("done");
}

/// The service as seen by its tester.
struct Patient {
    process: Child,
    commands: ChildStdin,
    words: std::io::Lines<BufReader<ChildStdout>>,
}

impl Patient {
    /// Starts the service and waits until it has served its first requests.
    fn start(loki: &str, jaeger: &str) -> Self {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["service", "--exact", "--nocapture"])
            .env(ROLE, "1")
            .env("RADIOSONDE_LOKI_URL", loki)
            .env("OTEL_EXPORTER_OTLP_ENDPOINT", jaeger)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let commands = process.stdin.take().unwrap();
        let words = BufReader::new(process.stdout.take().unwrap()).lines();
        let mut patient = Self { process, commands, words };
        patient.read_until("ready");
        patient
    }

    fn read_until(&mut self, word: &str) -> BTreeMap<String, f64> {
        let mut values = BTreeMap::new();
        for line in self.words.by_ref() {
            let line = line.unwrap();
            if line == word {
                return values;
            }
            if let Some((name, value)) = line.split_once(' ')
                && let Ok(value) = value.parse()
            {
                values.insert(name.to_owned(), value);
            }
        }
        panic!("the service exited before it printed {word:?}");
    }

    /// Lets the service continue and asserts what holds whatever the backends do. Returns how much each sink delivered.
    fn finish(mut self) -> [f64; 2] {
        self.commands.write_all(b"go\n").unwrap();
        let values = self.read_until("done");
        // Later lines must not fill the pipe.
        self.words.by_ref().for_each(drop);
        assert!(self.process.wait().unwrap().success());
        println!("{values:?}");
        assert!(values["slowest_seconds"] < SLOW.as_secs_f64(), "a request waited for a backend: {values:?}");
        assert!(values["fullest_bytes"] > 0.0 && values["fullest_bytes"] <= QUEUE_BYTES, "{values:?}");
        assert!(values["grown_bytes"] < GROWTH, "{values:?}");
        let requests = f64::from(REQUESTS[0] + REQUESTS[1]);
        ["loki", "otlp"].map(|sink| {
            let value = |what: &str| values[&format!("{sink}_{what}")];
            // One line and one span for each request.
            assert!(value("produced") >= requests, "{sink}: {values:?}");
            assert_eq!(
                value("produced"),
                value("delivered") + value("dropped") + value("left"),
                "{sink}: {values:?}"
            );
            assert_eq!(value("counted_dropped"), value("dropped"), "{sink}: {values:?}");
            assert!(value("dropped") > 0.0, "more was produced than a queue holds; {sink}: {values:?}");
            value("delivered")
        })
    }
}

#[test]
fn absent_from_the_start() {
    let nowhere = format!("http://127.0.0.1:{}", e2e::free_port());
    let delivered = Patient::start(&nowhere, &nowhere).finish();
    assert_eq!(delivered, [0.0, 0.0]);
}

#[test]
fn stopped_amid() {
    let (Some(loki), Some(jaeger)) = (Loki::start(), Jaeger::start()) else { return };
    let patient = Patient::start(loki.url(), &jaeger.otlp_http_url());
    wait_for_both(&loki, &jaeger);
    loki.process().stop();
    jaeger.process().stop();
    let delivered = patient.finish();
    assert!(delivered.iter().all(|&items| items > 0.0), "{delivered:?}");
}

#[test]
fn hanging() {
    let (Some(loki), Some(jaeger)) = (Loki::start(), Jaeger::start()) else { return };
    let patient = Patient::start(loki.url(), &jaeger.otlp_http_url());
    wait_for_both(&loki, &jaeger);
    loki.process().pause();
    jaeger.process().pause();
    let delivered = patient.finish();
    assert!(delivered.iter().all(|&items| items > 0.0), "{delivered:?}");
    loki.process().resume();
    jaeger.process().resume();
}

/// Waits until the first lines and spans have arrived.
fn wait_for_both(loki: &Loki, jaeger: &Jaeger) {
    e2e::wait_for("the first lines in Loki", Duration::from_secs(30), || {
        if loki.query("{service_name=\"patient\"}")?.is_empty() { Err("none yet".into()) } else { Ok(()) }
    });
    e2e::wait_for("the first spans in Jaeger", Duration::from_secs(30), || {
        let services = jaeger.services()?;
        if services.iter().any(|name| name == "patient") {
            Ok(())
        } else {
            Err(format!("{services:?}").into())
        }
    });
}
