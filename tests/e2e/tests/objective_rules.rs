//! The generated rules of objectives in promtool: they load, their unit tests pass, and fail when a rule is broken.
#![allow(clippy::unwrap_used, reason = "what a helper cannot do fails its test")]
#![allow(clippy::disallowed_methods, reason = "the real programs run by the real time")]

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use e2e::Promtool;
use radiosonde_core::{Clock as _, SystemClock};
use radiosonde_metrics::model::Kind;
use radiosonde_metrics::{Buckets, Registry};
use radiosonde_ops::{Catalogue, Generator};
use radiosonde_signals::{
    Bound, BurnWindow, ObjectiveTable, Objectives, Operation, Series, Severity, Slo, Work,
};
use tempfile::TempDir;

const SHORT: BurnWindow = BurnWindow {
    long: Duration::from_secs(20),
    short: Duration::from_secs(5),
    factor: 6.0,
    severity: Severity::Critical,
};

fn events() -> [Slo; 4] {
    let price = || Work::operation("price");
    [
        Slo::availability("price_available", 99.9, price())
            .owner("orders")
            .runbook("https://runbooks.example/price"),
        Slo::availability("all_available", 99.99, Work::of_kind("operation"))
            .period(Duration::from_secs(7 * 86_400)),
        Slo::latency("price_fast", 95.0, price(), Duration::from_secs(1)).windows([
            BurnWindow { factor: 14.4, ..BurnWindow::DEFAULT[0] },
            BurnWindow { factor: 1.0, ..BurnWindow::DEFAULT[3] },
        ]),
        Slo::latency("price_snappy", 97.0, price(), Duration::from_millis(2500))
            .windows([])
            .expected_traffic(2.0),
    ]
}

fn over_time(registry: &Registry) -> Vec<Slo> {
    let gauge = |name| Series::of(registry, name, Kind::Gauge);
    registry.gauge("queue_depth", "Depth.").labels(&["queue"]).unwrap();
    registry.gauge("model_accuracy_ratio", "Accuracy.").build().unwrap();
    let updated = registry.gauge("last_update_timestamp_seconds", "Time.");
    updated.renamed_from(&["last_refresh_timestamp_seconds"]).build().unwrap();
    registry.counter("points_total", "Points.").build().unwrap();
    let points = Series::of(registry, "points_total", Kind::Counter);
    vec![
        Slo::gauge("backlog", 99.0, gauge("queue_depth").with("queue", "mail"), Bound::AtMost(500.0)),
        Slo::gauge("accurate", 99.0, gauge("model_accuracy_ratio"), Bound::AtLeast(0.85)),
        Slo::freshness("fresh", 99.5, gauge("last_update_timestamp_seconds"), Duration::from_secs(600)),
        Slo::throughput("busy", 98.0, points, 100.0),
    ]
}

fn catalogue() -> Catalogue {
    let registry = Registry::new();
    let objectives = Objectives::of(&registry);
    objectives.declare_all(events()).unwrap();
    let table = ObjectiveTable::new("gateway").availability(
        "available",
        Work::operation("route"),
        [99.9, 99.5, 99.0],
    );
    objectives.declare_all(table.slos().unwrap()).unwrap();
    objectives.declare_all(over_time(&registry)).unwrap();
    for name in ["price", "ship", "route"] {
        Operation::builder(name)
            .registry(&registry)
            .buckets(Buckets::from_static(&[0.1, 1.0, 2.5]))
            .build()
            .unwrap();
    }
    Catalogue::of(&registry)
}

fn short_catalogue() -> Catalogue {
    let registry = Registry::new();
    let slo = |slo: Slo| slo.period(Duration::from_secs(3600)).windows([SHORT]);
    let objectives = Objectives::of(&registry);
    objectives
        .declare(slo(Slo::availability("available", 95.0, Work::operation("price"))).expected_traffic(2.5))
        .unwrap();
    objectives.declare(slo(Slo::availability("mostly", 85.0, Work::operation("ship")))).unwrap();
    objectives
        .declare(slo(Slo::latency("fast", 90.0, Work::operation("price"), Duration::from_millis(300))))
        .unwrap();
    registry.gauge("waiting", "Waiting.").build().unwrap();
    let waiting = Series::of(&registry, "waiting", Kind::Gauge);
    objectives.declare(slo(Slo::gauge("has_room", 90.0, waiting, Bound::AtMost(0.0)))).unwrap();
    for name in ["price", "ship"] {
        Operation::builder(name).registry(&registry).build().unwrap();
    }
    Catalogue::of(&registry)
}

/// The files of a generator's artifacts, below a folder.
fn write(generator: &Generator) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    generator.artifacts().unwrap().write(folder.path()).unwrap();
    folder
}

fn files(folder: &TempDir, below: &str) -> Vec<PathBuf> {
    let mut files: Vec<_> =
        fs::read_dir(folder.path().join(below)).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

fn generators() -> [Generator; 2] {
    [
        Generator::new("shop", catalogue()).matching("service", "orders").without_standard_alerts(),
        Generator::new("shop", short_catalogue()).without_standard_alerts(),
    ]
}

#[test]
fn generated_rules_load_and_pass_their_own_tests() {
    let Some(promtool) = Promtool::find() else { return };
    for generator in generators() {
        let folder = write(&generator);
        for file in files(&folder, "rules") {
            let text = fs::read_to_string(&file).unwrap();
            promtool.check_rules(&file).unwrap_or_else(|printed| panic!("{printed}\n{text}"));
        }
        for file in files(&folder, "rule_tests") {
            let start = SystemClock.monotonic();
            let stories = fs::read_to_string(&file).unwrap().matches("\n  - name: ").count();
            promtool.test_rules(&file).unwrap_or_else(|printed| {
                let kept = folder.path().to_owned();
                panic!("{} in {}: {printed}", file.display(), kept.display())
            });
            println!(
                "{:?}: {stories} stories in {:?}",
                file.file_name().unwrap(),
                SystemClock.monotonic() - start
            );
        }
    }
}
