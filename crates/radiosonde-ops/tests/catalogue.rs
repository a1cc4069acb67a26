//! What a catalogue has of a registry, without traffic.
#![allow(clippy::unwrap_used, reason = "what a helper cannot do fails its test")]

use std::time::Duration;

use radiosonde_metrics::model::Kind;
use radiosonde_metrics::{Buckets, Registry};
use radiosonde_ops::{Catalogue, Generator, IndicatorEntry, LabelMatch};
use radiosonde_signals::{Objectives, Operation, Series, Slo, Work};

fn registry(names: [&'static str; 3]) -> Registry {
    let registry = Registry::new();
    let slow = Slo::latency("price_fast", 99.0, Work::operation("price"), Duration::from_millis(300));
    Objectives::of(&registry).declare(slow).unwrap();
    Operation::in_registry(&registry, "price").unwrap();
    for name in names {
        let counter = registry.counter(name, "Events.").constant_labels(&[("zone", "a")]);
        counter.possible_values(&[("state", &["done", "a|b"])]).labels(&["queue", "state"]).unwrap();
    }
    let waits = registry.histogram("wait_seconds", "Time to wait.").unit("seconds");
    waits.buckets(Buckets::from_static(&[0.5, 1.0])).build().unwrap();
    registry.summary("size_bytes", "Size.").quantiles(&[0.5]).build().unwrap();
    registry.info("d_info", "An \"info\".\nOf | two lines.", &[("x", "1")]).unwrap();
    registry
}

const NAMES: [&str; 3] = ["a_total", "b_total", "c_total"];

#[test]
fn a_metric_is_listed_with_all_of_its_declaration() {
    let catalogue = Catalogue::of(&registry(NAMES));
    let a = catalogue.metric("a_total").unwrap();
    assert_eq!(
        (a.kind, &*a.help, a.labels.as_slice()),
        (Kind::Counter, "Events.", &["queue".into(), "state".into()][..])
    );
    assert_eq!(a.label_values["state"], ["done", "a|b"]);
    assert_eq!((a.label_values.len(), a.max_series), (1, Some(2000)));
    assert_eq!(a.constant_labels, [("zone".to_owned(), "a".to_owned())]);
    assert!(a.has_label("zone") && a.has_label("queue") && !a.has_label("other"));
    assert_eq!(a.declared_in.as_deref(), Some("crates/radiosonde-ops/tests/catalogue.rs"));
    let waits = catalogue.metric("wait_seconds").unwrap();
    assert_eq!((waits.unit.as_deref(), waits.buckets.as_deref()), (Some("seconds"), Some(&[0.5, 1.0][..])));
    assert_eq!(catalogue.metric("size_bytes").unwrap().quantiles.as_deref(), Some(&[0.5][..]));
}

#[test]
fn an_objective_is_listed_with_the_series_of_its_work() {
    let catalogue = Catalogue::of(&registry(NAMES));
    let objective = catalogue.objective("price_fast").unwrap();
    let IndicatorEntry::Latency { histograms, threshold } = &objective.indicator else {
        panic!("{objective:?}")
    };
    assert_eq!(*threshold, 0.3);
    assert_eq!(histograms[0].metric, "operation_duration_seconds");
    let price = ("operation".to_owned(), LabelMatch::OneOf(vec!["price".to_owned()]));
    assert_eq!(histograms[0].matchers, [price]);
    assert!(catalogue.metric("operation_duration_seconds").unwrap().buckets.as_ref().unwrap().contains(&0.3));
    assert_eq!(catalogue.signals[0].kind, "operation");
}

#[test]
fn the_json_is_read_back_as_the_same_catalogue() {
    let catalogue = Catalogue::of(&registry(NAMES));
    let json = catalogue.to_json();
    assert_eq!(Catalogue::from_json(&json).unwrap(), catalogue);
    let broken = json.replacen("\"counter\"", "\"countr\"", 1);
    let message = Catalogue::from_json(&broken).unwrap_err().to_string();
    assert!(
        message.contains("invalid kind \"countr\": expected one of counter, gauge, histogram"),
        "{message}"
    );
    let negative = json.replacen("\"period\": 2592000.0", "\"period\": -1.0", 1);
    let message = Catalogue::from_json(&negative).unwrap_err().to_string();
    assert!(message.contains("invalid duration -1: expected a number of seconds"), "{message}");
}

#[test]
fn the_order_of_declarations_does_not_change_the_files() {
    let files = |names| Generator::new("shop", Catalogue::of(&registry(names))).artifacts().unwrap();
    assert_eq!(files(NAMES), files(["c_total", "a_total", "b_total"]));
}

#[test]
fn metrics_of_the_process_are_the_same_on_every_system() {
    let registry = Registry::new();
    registry.expose_process();
    let catalogue = Catalogue::of(&registry);
    let listed = |name: &&str| catalogue.metric(name).is_some();
    let names =
        ["process_open_fds", "process_threads", "process_cpu_seconds_total", "process_virtual_memory_bytes"];
    assert!(names.iter().all(listed));
    // Each help text is that of the exposition, where the system has the metric.
    let text = registry.text();
    for metric in catalogue.metrics.iter().filter(|metric| metric.name.starts_with("process_")) {
        let line = format!("# HELP {} ", metric.name);
        let help = text.lines().find_map(|text| text.strip_prefix(&line));
        assert!(help.is_none_or(|help| help == metric.help), "{}: {help:?}", metric.name);
    }
}

#[test]
fn a_renamed_metric_is_read_under_both_names() {
    let registry = Registry::new();
    let placed = registry.counter("orders_placed_total", "Orders.").renamed_from(&["orders_total"]);
    placed.labels(&["status"]).unwrap();
    let orders = Series::of(&registry, "orders_placed_total", Kind::Counter);
    let failed = orders.clone().with("status", "error");
    Objectives::of(&registry).declare(Slo::correctness("orders", 99.0, failed, orders)).unwrap();
    let rules = Generator::new("shop", Catalogue::of(&registry)).rules().unwrap().to_yaml();
    let both = "sum((increase(orders_placed_total[5m]) or increase(orders_total[5m])))";
    assert!(rules.contains(both), "{rules}");
}

#[test]
fn the_page_of_metrics_has_objectives_and_alerts_too() {
    let registry = Registry::new();
    let slo = Slo::availability("orders", 99.9, Work::operation("place")).owner("team|orders");
    Objectives::of(&registry).declare(slo).unwrap();
    Operation::in_registry(&registry, "place").unwrap();
    let page = Generator::new("shop", Catalogue::of(&registry)).artifacts().unwrap();
    let page = page.file("METRICS.md").unwrap();
    let burn = "[`ErrorBudgetBurn`](runbooks/ErrorBudgetBurn.md)";
    let rows = [
        "# Metrics of shop\n\n| Metric | Kind |",
        "\n| `orders` | 99.9 % | 30d | `operation_errors_total` of `operation_calls_total` | team\\|orders |\n",
        &format!("\n| {burn} | critical | `long=1h` `owner=team\\|orders` `short=5m` `slo=orders` | |"),
        "\n| [`HighErrorRate`](runbooks/HighErrorRate.md) | critical | `kind=operation` | 5m |",
    ];
    for row in rows {
        assert!(page.contains(row), "{row}\n{page}");
    }
}

type Shown = (String, Kind, String, Vec<String>, Option<Vec<f64>>);

/// Of a metric what a scrape shows.
fn shown(catalogue: &Catalogue) -> Vec<Shown> {
    let shown = |metric: &radiosonde_ops::MetricEntry| {
        let mut labels = metric.labels.clone();
        labels.extend(metric.constant_labels.iter().map(|(label, _)| label.clone()));
        labels.sort_unstable();
        labels.dedup();
        (metric.name.clone(), metric.kind, metric.help.clone(), labels, metric.buckets.clone())
    };
    catalogue.metrics.iter().map(shown).collect()
}

#[test]
fn the_text_of_a_process_is_read_as_its_catalogue() {
    use radiosonde_metrics::exposition::Format;

    let registry = registry(NAMES);
    for name in NAMES {
        let family =
            registry.counter(name, "Events.").constant_labels(&[("zone", "a")]).labels(&["queue", "state"]);
        family.unwrap().with(&["mail \"x\"\\\n", "done"]).inc();
    }
    Operation::in_registry(&registry, "price").unwrap().run(|| Ok::<(), &str>(())).unwrap();
    let declared = Catalogue::of(&registry);
    let text = Catalogue::from_exposition(&registry.text()).unwrap();
    let names: Vec<_> = text.metrics.iter().map(|metric| metric.name.clone()).collect();
    for metric in shown(&declared) {
        if !names.contains(&metric.0) {
            continue;
        }
        // The text has `gauge` for an info and a state set.
        let read = shown(&text).into_iter().find(|(name, ..)| *name == metric.0).unwrap();
        assert_eq!((&read.0, &read.2, &read.3, &read.4), (&metric.0, &metric.2, &metric.3, &metric.4));
    }
    assert!(NAMES.iter().all(|name| names.iter().any(|read| read == name)));
    let open_metrics = Catalogue::from_exposition(&registry.encode(Format::OpenMetrics)).unwrap();
    let a = open_metrics.metric("a_total").unwrap();
    assert_eq!((a.kind, a.labels.len()), (Kind::Counter, 3));
    assert_eq!(open_metrics.metric("d_info").unwrap().kind, Kind::Info);
    assert_eq!(open_metrics.metric("wait_seconds").unwrap().unit.as_deref(), Some("seconds"));
}

#[test]
fn a_text_that_is_no_exposition_is_refused_with_its_line() {
    let message = |text| Catalogue::from_exposition(text).unwrap_err().to_string();
    assert_eq!(message("a 1\n<html>"), "invalid exposition, line 2: expected a value");
    assert_eq!(message("# TYPE a sum\n"), "invalid exposition, line 1: expected a type of metric");
    let bad = "# TYPE a histogram\na_bucket{le=\"x\"} 1";
    assert_eq!(message(bad), "invalid exposition, line 2: expected a number as the value of `le`");
    assert!(Catalogue::from_exposition("").unwrap().metrics.is_empty());
}

#[test]
fn a_text_with_many_bounds_and_labels_is_read_in_one_pass() {
    use std::fmt::Write as _;

    let mut text = String::from("# TYPE a histogram\n");
    for at in 0..200_000 {
        writeln!(text, "a_bucket{{le=\"{at}\",l{at}=\"x\"}} 1").unwrap();
    }
    let catalogue = Catalogue::from_exposition(&text).unwrap();
    let a = catalogue.metric("a").unwrap();
    assert_eq!((a.buckets.as_ref().unwrap().len(), a.labels.len()), (200_000, 200_000));
}

#[test]
fn a_catalogue_is_merged_with_that_of_another_program() {
    let of = |state: &[&str], zone: &str, bound: f64| {
        let registry = Registry::new();
        let (zone, state) = ([("zone", zone)], [("state", state)]);
        let jobs = registry.counter("jobs_total", "Jobs.").constant_labels(&zone).possible_values(&state);
        jobs.labels(&["state"]).unwrap();
        let waits = registry.histogram("wait_seconds", "Time.").buckets(Buckets::new([bound]).unwrap());
        waits.build().unwrap();
        Catalogue::of(&registry)
    };
    let mut merged = of(&["done"], "a", 1.0);
    merged.merge(of(&["failed"], "b", 0.5));
    let jobs = merged.metric("jobs_total").unwrap();
    assert_eq!(jobs.label_values["state"], ["done", "failed"]);
    assert_eq!(
        (jobs.labels.as_slice(), jobs.constant_labels.len()),
        (&["state".to_owned(), "zone".to_owned()][..], 0)
    );
    assert_eq!(merged.metric("wait_seconds").unwrap().buckets.as_deref(), Some(&[0.5, 1.0][..]));
    // One of them knows no values: any is possible.
    merged.merge(of(&[], "a", 1.0));
    assert!(!merged.metric("jobs_total").unwrap().label_values.contains_key("state"));

    let mut twice = of(&["done"], "a", 1.0);
    twice.merge(of(&["done"], "a", 1.0));
    assert_eq!(twice, of(&["done"], "a", 1.0));
}
