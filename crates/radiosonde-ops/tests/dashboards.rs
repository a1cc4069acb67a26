//! Generated dashboards are what Grafana reads, and what people can use.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "dashboards/schema.rs"]
mod schema;

use std::collections::BTreeSet;
use std::time::Duration;

use radiosonde_metrics::{LabelValue, Registry};
use radiosonde_ops::{Catalogue, Checker, Dashboard, Generator};
use radiosonde_signals::{
    BusinessMetric, Cache, Database, Objectives, Operation, PoolState, Queue, ScheduledJob, Slo,
    SystemHealth, Work, Worker,
};
use serde_json::Value;

#[derive(LabelValue)]
enum Mode {
    Normal,
    Degraded,
}

/// A program with work of many kinds, objectives, and metrics of its own.
fn registry() -> Registry {
    let registry = Registry::new();
    let price = || Work::operation("price_order");
    let fast =
        Slo::latency("price_fast", 95.0, price(), Duration::from_secs(1)).runbook("https://runbooks/price");
    let slos = [Slo::availability("price_available", 99.9, price()).expected_traffic(20.0), fast];
    Objectives::of(&registry).declare_all(slos).unwrap();
    Operation::builder("price_order").registry(&registry).build().unwrap();
    Database::builder("orders").registry(&registry).pool(PoolState::default).build().unwrap();
    Cache::builder("prices").capacity(100).registry(&registry).build().unwrap();
    Queue::builder("mail").capacity(10).registry(&registry).build().unwrap();
    Worker::builder("mail").max(4).registry(&registry).build().unwrap();
    let job = ScheduledJob::builder("report").every(Duration::from_secs(60));
    job.registry(&registry).build().unwrap();
    SystemHealth::builder().registry(&registry).build().unwrap();
    BusinessMetric::counter("signups_total", "Sign-ups.").registry(&registry).build().unwrap();
    registry.gauge("devices", "Devices by status.").labels(&["status"]).unwrap();
    registry.gauge("learning_score", "The score.").labels(&[]).unwrap();
    registry.histogram("basket_bytes", "Sizes of baskets.").labels(&["shop"]).unwrap();
    registry.summary("answer_seconds", "Times of answers.").quantiles(&[0.5, 0.9]).labels(&[]).unwrap();
    registry.state_set_by::<Mode>("mode", "mode", "The mode.").unwrap().set(Mode::Normal);
    let _ = Mode::Degraded;
    registry
}

fn generator() -> Generator {
    Generator::new("shop", Catalogue::of(&registry()))
        .matching("service", "shop")
        .runbooks("https://runbooks")
}

fn json(dashboard: &Dashboard) -> Value {
    serde_json::from_str(&dashboard.to_json()).unwrap()
}

fn list<'v>(of: &'v Value, name: &str) -> &'v [Value] {
    of[name].as_array().map_or(&[], Vec::as_slice)
}

/// Every text in the JSON.
fn texts<'v>(of: &'v Value, found: &mut Vec<&'v str>) {
    match of {
        Value::String(text) => found.push(text),
        Value::Array(all) => all.iter().for_each(|one| texts(one, found)),
        Value::Object(all) => all.values().for_each(|one| texts(one, found)),
        _ => {}
    }
}

#[test]
fn every_dashboard_fits_the_schema_of_grafana() {
    for dashboard in generator().dashboards() {
        let found = schema::violations(&json(&dashboard));
        assert!(found.is_empty(), "{}: {found:#?}", dashboard.uid());
    }
}

#[test]
fn the_schema_refuses_what_is_not_of_it() {
    let [dashboard, ..] = &generator().dashboards()[..] else { panic!("a dashboard") };
    let of = |change: fn(&mut Value)| {
        let mut json = json(dashboard);
        change(&mut json);
        schema::violations(&json)
    };
    let refused = [
        of(|json| json["panels"][0]["type"] = "graph".into()),
        of(|json| json["panels"][0]["yaxes"] = Value::Null),
        of(|json| drop(json["panels"][0]["options"].as_object_mut().unwrap().remove("colorMode"))),
        of(|json| json["panels"][0]["options"]["colorMode"] = "rainbow".into()),
        of(|json| json["templating"]["list"][0]["type"] = "datasources".into()),
        of(|json| json["dashboard"] = Value::Null),
        of(|json| json["refresh"] = 30.into()),
    ];
    assert!(refused.iter().all(|found| found.len() == 1), "{refused:#?}");
}

#[test]
fn every_kind_of_dashboard_and_of_panel_is_there() {
    let dashboards = generator().dashboards();
    let kinds: Vec<_> = dashboards.iter().map(Dashboard::kind).collect();
    assert_eq!(kinds, ["overview", "database", "workers", "business", "slo", "telemetry"]);
    let uids: BTreeSet<_> = dashboards.iter().map(Dashboard::uid).collect();
    assert_eq!(uids.len(), kinds.len());
    assert!(uids.iter().all(|uid| uid.len() <= 40 && uid.starts_with("shop-")), "{uids:?}");
    let all: Vec<_> = dashboards.iter().map(json).collect();
    let panels = all.iter().flat_map(|dashboard| list(dashboard, "panels"));
    let kinds: BTreeSet<_> = panels.map(|panel| panel["type"].as_str().unwrap()).collect();
    let expected = ["gauge", "heatmap", "logs", "piechart", "row", "stat", "state-timeline", "timeseries"];
    assert_eq!(kinds.into_iter().collect::<Vec<_>>(), expected);
}

#[test]
fn every_data_source_is_a_variable_and_every_range_that_of_grafana() {
    for dashboard in generator().dashboards() {
        let json = json(&dashboard);
        let mut found = Vec::new();
        texts(&json, &mut found);
        let panels = list(&json, "panels").iter().filter(|panel| panel["type"] != "row");
        for of in panels.flat_map(|panel| std::iter::once(panel).chain(list(panel, "targets"))) {
            let uid = of["datasource"]["uid"].as_str().unwrap();
            assert_eq!(uid, format!("${{{}}}", of["datasource"]["type"].as_str().unwrap()));
        }
        let targets = list(&json, "panels").iter().flat_map(|panel| list(panel, "targets"));
        for target in targets {
            let expr = target["expr"].as_str().unwrap();
            let ranges = expr.matches('[').count();
            assert_eq!(ranges, expr.matches("[$__rate_interval]").count(), "{expr}");
        }
        let sources =
            list(&json["templating"], "list").iter().filter(|variable| variable["type"] == "datasource");
        let sources: Vec<_> = sources.map(|variable| variable["name"].as_str().unwrap()).collect();
        assert_eq!(sources, ["prometheus", "loki", "jaeger"]);
        let links: Vec<_> = list(&json, "links").iter().map(|link| link["title"].as_str().unwrap()).collect();
        assert_eq!(links, ["Dashboards", "Lines", "Traces", "Runbooks"]);
        assert!(json.get("dashboard").is_none() && json["id"].is_null(), "the form of files");
    }
}

#[test]
fn panels_do_not_overlap_and_their_ids_differ() {
    for dashboard in generator().dashboards() {
        let json = json(&dashboard);
        let panels = list(&json, "panels");
        let place = |panel: &Value| ["x", "y", "w", "h"].map(|part| panel["gridPos"][part].as_u64().unwrap());
        for (at, panel) in panels.iter().enumerate() {
            let [x, y, w, h] = place(panel);
            assert!(w > 0 && h > 0 && x + w <= 24, "{panel}");
            for other in &panels[at + 1..] {
                assert_ne!(panel["id"], other["id"]);
                let [other_x, other_y, other_w, other_h] = place(other);
                let apart =
                    x + w <= other_x || other_x + other_w <= x || y + h <= other_y || other_y + other_h <= y;
                assert!(apart, "{} and {}", panel["title"], other["title"]);
            }
        }
    }
}

#[test]
fn latencies_have_exemplars_lines_of_objectives_and_links_to_traces() {
    let overview = json(&generator().dashboard("overview", &[]).unwrap());
    let titled =
        |title: &str| list(&overview, "panels").iter().find(|panel| panel["title"] == title).unwrap();
    let latency = titled("95th percentile of the latency");
    assert!(list(latency, "targets").iter().all(|target| target["exemplar"] == true));
    let defaults = &latency["fieldConfig"]["defaults"];
    assert_eq!(defaults["thresholds"]["steps"][0]["value"], Value::Null);
    assert_eq!(defaults["thresholds"]["steps"][1]["value"], 1.0);
    assert_eq!(defaults["custom"]["thresholdsStyle"]["mode"], "dashed");
    assert!(latency["links"][0]["url"].as_str().unwrap().contains("minDuration%22%3A%221000ms"));
    let errors = &titled("Errors")["fieldConfig"]["defaults"]["thresholds"]["steps"][1];
    assert_eq!(errors["value"], 0.001);
    let lines = &list(&overview, "panels").last().unwrap();
    assert_eq!(
        (&lines["type"], &lines["targets"][0]["expr"]),
        (&"logs".into(), &r#"{service="shop"}"#.into())
    );
}

#[test]
fn a_dashboard_is_given_by_name_with_the_values_of_its_variables() {
    let generator = generator();
    let variables = [("instance", "10.0.0.7:8080"), ("loki", "logs-eu")];
    let overview = json(&generator.dashboard("shop-overview", &variables).unwrap());
    let current = |name: &str| {
        let found = list(&overview["templating"], "list").iter().find(|variable| variable["name"] == name);
        found.unwrap()["current"]["value"].clone()
    };
    assert_eq!(current("instance"), serde_json::json!(["10.0.0.7:8080"]));
    assert_eq!([current("loki"), current("prometheus")], ["logs-eu", "prometheus"].map(Value::from));
    let of = |name, variables| generator.dashboard(name, variables).unwrap_err().to_string();
    let expected =
        "unknown dashboard \"apis\": expected overview, database, workers, business, slo, telemetry";
    assert_eq!(of("apis", &[]), expected);
    let expected = "unknown variable \"pod\": expected prometheus, loki, jaeger, instance";
    assert_eq!(of("overview", &[("pod", "a")]), expected);
}

#[test]
fn the_checker_finds_nothing_in_dashboards() {
    let catalogue = Catalogue::of(&registry());
    for generator in [generator(), Generator::new("shop", catalogue.clone())] {
        let rules = generator.rules().unwrap().to_yaml();
        let checker = Checker::new(&catalogue).target_label("service").recording(&rules);
        for dashboard in generator.dashboards() {
            let found = checker.check_dashboard(dashboard.uid(), &dashboard.to_json());
            let found: String = found.iter().map(|found| format!("{found}\n    {}\n", found.query)).collect();
            assert!(found.is_empty(), "{found}");
        }
    }
}

#[test]
fn dashboards_are_the_same_bytes_each_time() {
    let all = || generator().dashboards().iter().map(Dashboard::to_json).collect::<Vec<_>>();
    assert_eq!(all(), all());
}
