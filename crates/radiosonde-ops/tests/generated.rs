//! Nothing is found in what is generated from a catalogue, nor in the files of the examples.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use radiosonde_metrics::Registry;
use radiosonde_metrics::model::Kind;
use radiosonde_ops::{Catalogue, Checker, Generator, GoldenQueries};
use radiosonde_signals::{
    Bound, Cache, Connections, Database, GoldenSignals, Objectives, Operation, PoolState, Queue, Series,
    Sessions, Slo, Work, Worker,
};

/// Work of many kinds, with objectives.
fn registry() -> Registry {
    let registry = Registry::new();
    let price = || Work::operation("price_order");
    let depth = Series::of(&registry, "queue_depth", Kind::Gauge).with("queue", "mail");
    let objectives = Objectives::of(&registry);
    objectives
        .declare_all([
            Slo::availability("price_available", 99.9, price()).expected_traffic(20.0).owner("team-orders"),
            Slo::latency("price_fast", 95.0, price(), Duration::from_secs(1)).owner("team-orders"),
            Slo::gauge("mail_backlog", 99.0, depth, Bound::AtMost(500.0)).runbook("https://runbooks/mail"),
        ])
        .unwrap();
    let operation = Operation::builder("price_order").registry(&registry).build().unwrap();
    assert_eq!(operation.run(|| "42".parse::<u64>()), Ok(42));
    let state = || PoolState { active: 3, idle: 7, max: 20, ..PoolState::default() };
    let database = Database::builder("orders").registry(&registry).pool(state).build().unwrap();
    let cache = Cache::builder("prices").capacity(100).registry(&registry).build().unwrap();
    let queue = Queue::builder("mail").capacity(10).registry(&registry).build().unwrap();
    let worker = Worker::builder("mail").max(4).registry(&registry).build().unwrap();
    let sockets = Connections::builder("websocket").max(1000).registry(&registry).build().unwrap();
    let sessions = Sessions::builder("customer").registry(&registry).build().unwrap();
    // Collectors of these are asked by the catalogue.
    let _ = Catalogue::of(&registry);
    drop((database, cache, queue, worker, sockets, sessions));
    registry
}

fn found_in(checker: &Checker, files: &[(String, String)]) -> String {
    let rules = files.iter().filter(|(path, _)| path.starts_with("rules/") && !path.ends_with(".test.yml"));
    let checker = rules.fold(checker.clone(), |checker, (_, text)| checker.recording(text));
    let found = files.iter().flat_map(|(path, text)| match path.as_str() {
        path if path.starts_with("rules/") => checker.check_rules(path, text),
        path if path.starts_with("dashboards/") => checker.check_dashboard(path, text),
        path if path.ends_with(".md") => checker.check_queries(path, text),
        _ => Vec::new(),
    });
    found.map(|found| format!("{found}\n    {}\n", found.query)).collect()
}

#[test]
fn nothing_is_found_in_generated_files() {
    let registry = registry();
    let catalogue = Catalogue::of(&registry);
    for scoped in [false, true] {
        let generator = Generator::new("orders", catalogue.clone());
        let generator = if scoped { generator.matching("service", "orders") } else { generator };
        let artifacts = generator.artifacts().unwrap();
        let files: Vec<_> =
            artifacts.files().map(|(path, text)| (path.to_owned(), text.to_owned())).collect();
        let found = found_in(&Checker::new(&catalogue).target_label("service"), &files);
        assert!(found.is_empty(), "{found}");
    }
}

#[test]
fn nothing_is_found_in_the_queries_of_golden_signals() {
    let registry = registry();
    let checker = Checker::new(&Catalogue::of(&registry));
    let signals = GoldenSignals::of(&registry);
    assert!(signals.len() >= 6, "{signals:?}");
    for signals in &signals {
        let queries = GoldenQueries::of(signals);
        let all = [queries.latency(0.95), queries.traffic(), queries.error_ratio(), queries.saturation()];
        for query in all.into_iter().flatten() {
            let found = checker.check_queries("golden.promql", &query);
            assert!(found.is_empty(), "{query}\n{found:?}");
        }
    }
}

/// The folders below one that have a catalogue.
fn with_catalogue(folder: &Path, depth: usize, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() && depth < 4 {
            with_catalogue(&path, depth + 1, found);
        } else if path.file_name().is_some_and(|name| name == "catalogue.json") {
            found.push(folder.to_owned());
        }
    }
}

#[test]
fn nothing_is_found_in_the_files_of_the_examples() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    let mut folders = Vec::new();
    with_catalogue(&examples, 0, &mut folders);
    for folder in folders {
        let catalogue = fs::read_to_string(folder.join("catalogue.json")).unwrap();
        let checker = Checker::new(&Catalogue::from_json(&catalogue).unwrap()).target_label("service");
        let found = checker.check_paths(&[&folder]).unwrap();
        assert!(found.is_empty(), "{}", found.iter().map(|found| format!("{found}\n")).collect::<String>());
    }
    // Rules of several services: what each of them declares is not looked at here.
    let rules = examples.join("stack/rules");
    let found = Checker::new(&Catalogue::default()).external("").check_paths(&[&rules]).unwrap();
    assert!(found.is_empty(), "{}", found.iter().map(|found| format!("{found}\n")).collect::<String>());
}
