//! Lines and their outputs: threads, failures, files, sinks.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::HashMap;
use std::fs;
use std::io::{self, Write};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use radiosonde_core::{Clock, Level, Resource, SpanContext, SpanId, TraceFlags, TraceId};
use radiosonde_log::{Format, JsonLayer, JsonLayerBuildError, Line, LineSink, LogOptions, Writer};
use radiosonde_metrics::Registry;
use radiosonde_testkit::{ManualClock, SharedBuffer};
use tracing::{info, info_span, warn};
use tracing_subscriber::layer::SubscriberExt as _;

fn builder() -> LogOptions {
    JsonLayer::builder(&Resource::new("orders")).clock(Arc::new(ManualClock::new())).format(Format::Json)
}

fn while_logging<R>(builder: LogOptions, work: impl FnOnce() -> R) -> R {
    let layer = builder.build().unwrap();
    tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), work)
}

fn messages(text: &str) -> Vec<String> {
    text.lines()
        .map(|line| {
            serde_json::from_str::<serde_json::Value>(line)
                .unwrap_or_else(|error| panic!("{error}: {line:?}"))
        })
        .map(|line| line["message"].as_str().unwrap().to_owned())
        .collect()
}

/// The value of a sample in the registry's text.
fn sample(registry: &Registry, name: &str) -> Option<f64> {
    let text = registry.text();
    let line = text.lines().find(|line| line.strip_prefix(name).is_some_and(|rest| rest.starts_with(' ')))?;
    line.rsplit(' ').next()?.parse().ok()
}

/// Writes each call's bytes in two pieces, with a pause for other threads between them.
struct Halves(SharedBuffer);

impl Write for Halves {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let half = bytes.len().div_ceil(2);
        let written = self.0.write(&bytes[..half])?;
        std::thread::yield_now();
        Ok(written)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn lines_of_many_threads_do_not_mix() {
    const THREADS: usize = 8;
    const EACH: usize = 300;
    let buffer = SharedBuffer::new();
    let layer = builder().writer(Writer::new("halves", Halves(buffer.clone()))).build().unwrap();
    let dispatch = tracing::Dispatch::new(tracing_subscriber::registry().with(layer));
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let dispatch = dispatch.clone();
            scope.spawn(move || {
                tracing::dispatcher::with_default(&dispatch, || {
                    let _span = info_span!("span", thread).entered();
                    for at in 0..EACH {
                        info!("{thread}/{at} {}", "x".repeat(at));
                    }
                });
            });
        }
    });
    let mut seen: HashMap<String, usize> = HashMap::new();
    for message in messages(&buffer.text()) {
        let (place, pad) = message.split_once(' ').unwrap();
        let (thread, at) = place.split_once('/').unwrap();
        assert_eq!(pad.len(), at.parse::<usize>().unwrap());
        // Each thread's own lines keep their order.
        let next = seen.entry(thread.to_owned()).or_default();
        assert_eq!(*next, at.parse::<usize>().unwrap());
        *next += 1;
    }
    assert_eq!(seen.len(), THREADS);
    assert!(seen.values().all(|count| *count == EACH), "{seen:?}");
}

/// Fails on request, after writing a few bytes, like a full disk.
struct Fails {
    buffer: SharedBuffer,
    calls: usize,
    failing: std::ops::Range<usize>,
}

impl Write for Fails {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.calls += 1;
        match self.calls {
            call if call == self.failing.start => self.buffer.write(&bytes[..10]),
            call if self.failing.contains(&call) => Err(io::ErrorKind::StorageFull.into()),
            _ => self.buffer.write(bytes),
        }
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_failed_write_is_counted_and_the_next_line_stands_on_its_own() {
    let registry = Registry::new();
    let buffer = SharedBuffer::new();
    let writer = Fails { buffer: buffer.clone(), calls: 0, failing: 2..4 };
    while_logging(builder().registry(&registry).writer(Writer::new("full", writer)), || {
        for at in 0..4 {
            warn!("line {at}");
        }
    });
    let lines = buffer.lines();
    assert_eq!(lines.len(), 4, "{lines:?}");
    assert_eq!(lines[1], r#"{"timestam"#, "torn");
    assert_eq!(messages(&[&*lines[0], &lines[2], &lines[3]].join("\n")), ["line 0", "line 2", "line 3"]);
    assert_eq!(
        sample(&registry, r#"radiosonde_log_dropped_total{level="WARN",reason="disk_full",writer="full"}"#),
        Some(1.0)
    );
    assert_eq!(sample(&registry, r#"radiosonde_log_lines_total{level="WARN",target="writers"}"#), Some(4.0));
}

struct PanicsOnce(SharedBuffer, bool);

impl Write for PanicsOnce {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        assert!(std::mem::replace(&mut self.1, true), "a writer that panics, as the test wants");
        self.0.write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_panicking_writer_or_sink_is_counted_and_used_again() {
    struct Panics(AtomicUsize);
    impl LineSink for Panics {
        fn accept(&self, _: &Line<'_>) {
            // SeqCst: its cost does not matter here.
            self.0.fetch_add(1, Ordering::SeqCst);
            panic!("a sink that panics, as the test wants");
        }
    }
    let registry = Registry::new();
    let buffer = SharedBuffer::new();
    let sink = Arc::new(Panics(AtomicUsize::new(0)));
    let configured = builder()
        .registry(&registry)
        .writer(Writer::new("buffer", PanicsOnce(buffer.clone(), false)))
        .sink(Arc::clone(&sink));
    while_logging(configured, || {
        info!("one");
        info!("two");
    });
    // The line feed ends a line that the panic may have left.
    assert_eq!(messages(buffer.text().trim_start()), ["two"]);
    assert_eq!(sink.0.load(Ordering::SeqCst), 2);
    let dropped = |writer| {
        sample(
            &registry,
            &format!(r#"radiosonde_log_dropped_total{{level="INFO",reason="panicked",writer="{writer}"}}"#),
        )
    };
    assert_eq!((dropped("buffer"), dropped("sink")), (Some(1.0), Some(2.0)));
}

#[test]
fn a_file_is_created_with_its_folders_and_appended_to() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a/b/orders.log");
    while_logging(builder().writer(Writer::file(&path).unwrap()), || info!("one"));
    while_logging(builder().writer(Writer::file(&path).unwrap()), || info!("two"));
    assert_eq!(messages(&fs::read_to_string(&path).unwrap()), ["one", "two"]);

    // A process was killed in the middle of a line.
    fs::write(&path, "{\"timest").unwrap();
    while_logging(builder().writer(Writer::file(&path).unwrap()), || info!("three"));
    let text = fs::read_to_string(&path).unwrap();
    assert_eq!(messages(text.strip_prefix("{\"timest\n").unwrap()), ["three"]);
}

#[test]
fn a_file_that_cannot_be_opened_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let error = Writer::file(folder.path()).unwrap_err();
    assert_eq!(error.path(), folder.path());
    assert_eq!(error.to_string(), format!("cannot open log file {:?} for appending", folder.path()));
    assert!(std::error::Error::source(&error).is_some());
}

/// `/dev/full` refuses every write, so a link to it is a full disk that can be emptied.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_tried_again_with_each_line_and_lines_until_then_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("orders.log");
    std::os::unix::fs::symlink("/dev/full", &path).unwrap();
    let registry = Registry::new();
    let clock = ManualClock::new();
    let configured =
        builder().clock(Arc::new(clock.clone())).registry(&registry).writer(Writer::file(&path).unwrap());
    while_logging(configured, || {
        info!("refused");
        info!("refused again, at once");
        fs::remove_file(&path).unwrap();
        info!("written");
        info!("written too");
    });
    assert_eq!(messages(&fs::read_to_string(&path).unwrap()), ["written", "written too"]);
    let dropped = |reason| {
        sample(
            &registry,
            &format!(r#"radiosonde_log_dropped_total{{level="INFO",reason="{reason}",writer="file"}}"#),
        )
    };
    assert_eq!(
        (dropped("disk_full"), dropped("write"), dropped("waiting")),
        (Some(2.0), Some(0.0), Some(0.0))
    );
}

#[derive(Default)]
struct Kept(Mutex<Vec<Seen>>);

type Seen = (String, SystemTime, Level, String, Option<SpanContext>, [Option<String>; 3]);

impl LineSink for Kept {
    fn accept(&self, line: &Line<'_>) {
        self.0.lock().unwrap().push((
            line.json().to_owned(),
            line.timestamp(),
            line.level(),
            line.target().to_owned(),
            line.context(),
            [line.correlation_id(), line.request_id(), line.user_id()].map(|id| id.map(str::to_owned)),
        ));
        info!("an event of the sink, which would loop without end");
    }
}

#[test]
fn a_sink_gets_the_line_and_what_to_index_it_by() {
    let registry = Registry::new();
    let kept = Arc::new(Kept::default());
    let clock = ManualClock::at(UNIX_EPOCH + Duration::from_nanos(1_234_567_891));
    let context = SpanContext::new(TraceId::random(), SpanId::random(), TraceFlags::NONE);
    let configured = builder().clock(Arc::new(clock.clone())).registry(&registry).sink(Arc::clone(&kept));
    while_logging(configured, || {
        let _current = context.enter();
        let _span = info_span!("request", request_id = "r \"1\"\n", user_id = 7).entered();
        warn!(target: "orders::api", "hi");
    });
    let lines = kept.0.lock().unwrap();
    let [(json, timestamp, level, target, found, ids)] = &lines[..] else { panic!("{lines:?}") };
    assert!(json.starts_with('{') && json.ends_with('}'), "{json:?}");
    assert_eq!(*timestamp, clock.now());
    assert_eq!((*level, target.as_str(), *found), (Level::Warn, "orders::api", Some(context)));
    assert_eq!(*ids, [None, Some("r \"1\"\n".to_owned()), Some("7".to_owned())]);
}

#[test]
fn what_cannot_be_built_says_why() {
    for key in ["", "level", "trace_id", "otel.name", "radiosonde.level"] {
        let error = builder().field(key, "x").build().unwrap_err();
        assert!(
            matches!(&error, JsonLayerBuildError::StaticField { key: refused, .. } if **refused == *key),
            "{error}"
        );
        assert!(error.to_string().starts_with(&format!("invalid static field {key:?}")), "{error}");
    }
    let error = builder().max_line_bytes(100).build().unwrap_err();
    let JsonLayerBuildError::MaxLineBytes { bytes: 100, least } = error else { panic!("{error:?}") };
    assert!(builder().max_line_bytes(least - 1).build().is_err());

    // The smallest valid limit holds the worst case.
    let buffer = SharedBuffer::new();
    let configured = builder().max_line_bytes(least).writer(Writer::new("buffer", buffer.clone()));
    let long = "\u{1}".repeat(3000);
    while_logging(configured, || {
        let context = SpanContext::new(TraceId::random(), SpanId::random(), TraceFlags::NONE).enter();
        let _span =
            info_span!("s", correlation_id = long, user_id = long, path = long, method = long).entered();
        info!(target: "\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}",
            request_id = long, status = long, duration_ms = f64::MIN_POSITIVE, rest = long, "{long}");
        drop(context);
    });
    let line = buffer.text();
    assert!(line.len() <= least, "{} of {least}", line.len());
    let value: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!(value.as_object().unwrap().len(), 16, "{value:#}");
}
