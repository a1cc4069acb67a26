//! The lines written under limits, the announcements of suppressed ones, and the counters.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use radiosonde_core::{Level, Resource, SpanContext, SpanId, TraceFlags, TraceId};
use radiosonde_log::{
    Format, JsonLayer, Line, LineSink, LogOptions, Rate, Sampling, VolumeLimits, Writer, fatal,
};
use radiosonde_metrics::Registry;
use radiosonde_testkit::{ManualClock, Samples, SharedBuffer};
use serde_json::Value;
use tracing::{Dispatch, debug, error, info, info_span, warn};
use tracing_subscriber::layer::SubscriberExt as _;

#[derive(Default)]
struct Kept(Mutex<Vec<String>>);

impl LineSink for Kept {
    fn accept(&self, line: &Line<'_>) {
        self.0.lock().unwrap().push(format!("{} {}", line.target(), line.message()));
    }
}

struct Set {
    clock: Arc<ManualClock>,
    json: SharedBuffer,
    pretty: SharedBuffer,
    sink: Arc<Kept>,
    registry: Registry,
    dispatch: Option<Dispatch>,
    handle: radiosonde_log::LogHandle,
}

fn set(configure: impl Fn(LogOptions) -> LogOptions) -> Set {
    let (json, pretty, sink) = (SharedBuffer::new(), SharedBuffer::new(), Arc::new(Kept::default()));
    let (clock, registry) = (Arc::new(ManualClock::new()), Registry::new());
    let builder = |format, buffer: &SharedBuffer| {
        let builder =
            JsonLayer::builder(&Resource::new("orders")).format(format).clock(Arc::clone(&clock) as _);
        configure(builder.writer(Writer::new("buffer", buffer.clone())))
    };
    let layer = builder(Format::Json, &json).registry(&registry).sink(Arc::clone(&sink)).build().unwrap();
    let handle = layer.handle();
    let for_people = builder(Format::Pretty, &pretty).build().unwrap();
    let dispatch = Dispatch::new(tracing_subscriber::registry().with(layer).with(for_people));
    Set { clock, json, pretty, sink, registry, dispatch: Some(dispatch), handle }
}

impl Set {
    fn log(&self, work: impl FnOnce()) {
        tracing::dispatcher::with_default(self.dispatch.as_ref().unwrap(), work);
    }

    fn lines(&self) -> Vec<Value> {
        self.json.lines().iter().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    fn messages(&self) -> Vec<String> {
        self.lines().iter().map(|line| line["message"].as_str().unwrap().to_owned()).collect()
    }

    fn value(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        // The sum of no samples is -0.
        Samples::read(&self.registry.text()).sum(name, labels) + 0.0
    }
}

fn storm(lines: usize) {
    for _ in 0..lines {
        warn!(target: "orders::db", "no connection");
    }
}

#[test]
fn a_storm_is_cut_down_and_its_end_is_announced_by_the_next_line_of_anybody() {
    let limits =
        VolumeLimits::per_callsite(Rate::per_second(3).burst(5)).announce_every(Duration::from_secs(10));
    let set = set(|builder| builder.volume_limits(limits.clone()).field("region", "eu-1"));
    set.log(|| {
        storm(100);
        set.clock.advance(Duration::from_secs(1));
        storm(100);
        info!("another callsite");
        set.clock.advance(Duration::from_secs(9));
        info!("later");
        info!("later still");
    });
    let messages = set.messages();
    assert_eq!(messages[..8], vec!["no connection"; 8]);
    assert_eq!(messages[8..], ["another callsite", "later", "suppressed 192 lines", "later still"]);

    let line = &set.lines()[10];
    assert_eq!((&line["level"], &line["module"]), (&"WARN".into(), &"orders::db".into()));
    let about = &line["metadata"];
    assert_eq!((&about["suppressed"], &about["region"]), (&192.into(), &"eu-1".into()));
    assert_eq!(
        (&about["since"], &line["timestamp"]),
        (&"2026-01-01T00:00:00.000Z".into(), &"2026-01-01T00:00:10.000Z".into())
    );
    assert!(about["file"].as_str().unwrap().ends_with("volume.rs") && about["line"].is_u64(), "{about}");
    assert!(set.pretty.text().contains("WARN orders::db: suppressed 192 lines"), "{}", set.pretty.text());
    assert!(set.sink.0.lock().unwrap().contains(&"orders::db suppressed 192 lines".to_owned()));
    assert!(
        (set.value("radiosonde_log_suppressed_total", &[("level", "WARN"), ("reason", "rate")]) - 192.0)
            .abs()
            < 0.1
    );
    assert!(
        (set.value("radiosonde_log_lines_total", &[("level", "WARN"), ("target", "orders::db")]) - 9.0).abs()
            < 0.1
    );
}

#[test]
fn what_nobody_announced_is_announced_by_a_flush_and_at_the_end() {
    let mut set = set(|builder| builder.volume_limits(VolumeLimits::per_callsite(Rate::per_second(1))));
    set.log(|| storm(5));
    assert!(set.handle.flush(Duration::ZERO));
    assert_eq!(set.messages(), ["no connection", "suppressed 4 lines"]);
    set.log(|| storm(2));
    set.dispatch = None;
    assert_eq!(set.messages()[2..], ["suppressed 2 lines"]);
    assert!(set.pretty.text().contains("suppressed 6 lines"), "without an announcement of its own");
}

#[test]
fn fatal_and_audit_are_neither_limited_nor_sampled_and_errors_are_not_sampled_unless_asked() {
    let sampling = Sampling::new().of("", Level::Warn, 0.0).unwrap();
    let set = set(|builder| {
        builder.volume_limits(VolumeLimits::per_callsite(Rate::per_second(2))).sampling(sampling.clone())
    });
    set.log(|| {
        for _ in 0..10 {
            fatal!("gone");
            info!(target: "radiosonde::audit", "changed");
            error!("failed");
            info!("dropped");
        }
    });
    let messages = set.messages();
    let count = |message: &str| messages.iter().filter(|other| *other == message).count();
    assert_eq!(["gone", "changed", "failed", "dropped"].map(count), [10, 10, 2, 0]);
    assert!((set.value("radiosonde_log_suppressed_total", &[("reason", "sampled")]) - 10.0).abs() < 0.1);
}

#[test]
fn lines_that_were_picked_say_which_share_they_stand_for() {
    let sampling = Sampling::new().of("orders", Level::Debug, 0.25).unwrap();
    let set = set(|builder| builder.sampling(sampling.clone()));
    set.log(|| {
        for at in 0..400 {
            debug!(target: "orders::cart", at, "looked up");
            debug!(target: "orders::cart", sample_ratio = "mine", "already has one");
        }
        info!(target: "orders", "not sampled");
    });
    let lines = set.lines();
    let picked: Vec<_> = lines.iter().filter(|line| line["message"] == "looked up").collect();
    assert!((70..130).contains(&picked.len()), "{}", picked.len());
    let sampled = |line: &&Value| line["level"] == "DEBUG";
    assert!(lines.iter().filter(sampled).all(|line| line["metadata"]["sample_ratio"] == 0.25));
    assert_eq!(lines.last().unwrap().get("metadata"), None);
    let suppressed =
        set.value("radiosonde_log_suppressed_total", &[("level", "DEBUG"), ("reason", "sampled")]);
    let written = lines.iter().filter(sampled).count();
    assert_eq!(format!("{suppressed}"), (800 - written).to_string());
}

#[test]
fn all_lines_of_a_trace_are_there_or_none() {
    let sampling = Sampling::new().of("", Level::Info, 0.5).unwrap().by_trace();
    let set = set(|builder| builder.sampling(sampling.clone()));
    set.log(|| {
        for trace in 0..50 {
            let context = SpanContext::new(TraceId::random(), SpanId::random(), TraceFlags::SAMPLED);
            let _current = context.enter();
            info!(trace, "began");
            info!(trace, "ended");
        }
    });
    let traces = |message: &str| -> Vec<Value> {
        set.lines()
            .iter()
            .filter(|line| line["message"] == message)
            .map(|line| line["trace_id"].clone())
            .collect()
    };
    let (began, ended) = (traces("began"), traces("ended"));
    assert_eq!(began, ended);
    assert!((8..42).contains(&began.len()), "{}", began.len());
}

#[test]
fn a_noisy_tenant_leaves_the_others_their_lines() {
    let limits = VolumeLimits::none()
        .keyed_by("tenant", Rate::per_second(3))
        .keyed_by("user_id", Rate::per_second(100));
    let set = set(|builder| builder.volume_limits(limits.clone()));
    set.log(|| {
        for (tenant, lines) in [("noisy", 50), ("quiet", 2)] {
            let _span = info_span!("request", tenant).entered();
            for _ in 0..lines {
                info!(user_id = 7, "served");
            }
        }
        info!("of nobody");
    });
    let lines = set.lines();
    let of = |tenant: &str| lines.iter().filter(|line| line["metadata"]["tenant"] == tenant).count();
    assert_eq!((of("noisy"), of("quiet"), lines.len()), (3, 2, 6));
    assert!(
        (set.value("radiosonde_log_suppressed_total", &[("level", "INFO"), ("reason", "key")]) - 47.0).abs()
            < 0.1
    );
}

#[test]
fn lines_and_bytes_are_counted_by_level_and_target() {
    let set = set(|builder| builder);
    set.log(|| {
        info!(target: "orders::a", "one");
        info!(target: "orders::a", "two");
        info!(target: "orders::b", "three");
        fatal!(target: "orders::a", "four");
    });
    let of = |name: &str, level, target| set.value(name, &[("level", level), ("target", target)]);
    let lines = |level, target| format!("{}", of("radiosonde_log_lines_total", level, target));
    assert_eq!(["INFO", "FATAL", "ERROR"].map(|level| lines(level, "orders::a")), ["2", "1", "0"]);
    assert_eq!(lines("INFO", "orders::b"), "1");
    let bytes = set.value("radiosonde_log_bytes_total", &[]);
    assert_eq!(format!("{bytes}"), set.json.text().len().to_string());
}
