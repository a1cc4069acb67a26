//! The PromQL of `docs/golden-signals.md`, `docs/objectives.md` and of five monitoring guides, as far as it was right or after its mistakes were corrected, asked
//! of a real Prometheus that scrapes the shop and the metrics of those guides.
#![allow(clippy::unwrap_used, reason = "what a helper cannot do fails its test")]

use std::ops::RangeInclusive;
use std::thread;
use std::time::Duration;

use conformance::guides::{GUIDES, Kept};
use e2e::{Example, Prometheus, ScrapeJob, wait_for};
use http::{Request, Response, StatusCode};
use radiosonde::ops::GoldenQueries;
use radiosonde::resources::ResourceMonitor;
use radiosonde_admin::Listener;
use radiosonde_core::{Clock as _, SystemClock};
use radiosonde_metrics::Registry;
use radiosonde_signals::{
    BusinessMetric, Cache, Connections, DataPipeline, Database, Dependency, GoldenSignals, Messaging, Model,
    Operation, PoolState, Queue, ScheduledJob, Sessions, SystemHealth, Worker,
};
use radiosonde_tower::{ClientLayer, Limiter, ServerLayer, ServerNames};
use tower::{Layer as _, ServiceExt as _, service_fn};

const SOON: Duration = Duration::from_secs(90);
const PAGE: &str = include_str!("../../../docs/golden-signals.md");
const OBJECTIVES: &str = include_str!("../../../docs/objectives.md");

const SHARE: RangeInclusive<f64> = 0.0..=1.0;
const PERCENT: RangeInclusive<f64> = 0.0..=100.0;
const SECONDS: RangeInclusive<f64> = 1e-9..=60.0;
const ANY: RangeInclusive<f64> = 0.0..=f64::MAX;
const SOME: RangeInclusive<f64> = 1e-9..=f64::MAX;

/// What is correct of the guides' rules, dashboards and query pages, by guide. Of an alert, the value that it compares. Ratios are of sums, p95 is
/// of the sum of buckets by `le`, and labels that do not match are ignored by name.
const EXPRESSIONS: &[(&str, RangeInclusive<f64>)] = &[
    // auterity
    ("sum(rate(http_requests_total[5m])) by (service)", SOME),
    (r#"sum(rate(http_requests_total{status=~"5.."}[5m])) / sum(rate(http_requests_total[5m]))"#, SHARE),
    ("histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket[5m])))", SECONDS),
    // valtronics
    (
        r#"sum(rate(valtronics_api_requests_total{status=~"5.."}[5m])) / sum(rate(valtronics_api_requests_total[5m]))"#,
        SHARE,
    ),
    (
        "histogram_quantile(0.95, sum by (le) (rate(valtronics_api_request_duration_seconds_bucket[5m])))",
        SECONDS,
    ),
    (
        "histogram_quantile(0.50, sum by (le) (rate(valtronics_api_request_duration_seconds_bucket[5m])))",
        SECONDS,
    ),
    ("sum by (endpoint) (rate(valtronics_api_requests_total[5m]))", SOME),
    (
        r#"sum(valtronics_database_connections{state="used"}) / sum(valtronics_database_connections{state="max"})"#,
        SHARE,
    ),
    (r#"sum(valtronics_devices_total{status="offline"}) / sum(valtronics_devices_total)"#, SHARE),
    ("sum by (status) (valtronics_devices_total)", ANY),
    ("sum(rate(valtronics_telemetry_points_total[5m]))", SOME),
    ("sum by (device_type) (rate(valtronics_telemetry_points_total[5m]))", SOME),
    (r#"increase(valtronics_alerts_total{severity="critical"}[1m])"#, SOME),
    ("sum by (severity) (rate(valtronics_alerts_total[5m]))", SOME),
    (r#"valtronics_system_health_score{component="overall"}"#, PERCENT),
    // autoserve
    ("up", SHARE),
    ("db_connections_active / db_connections_max", SHARE),
    ("histogram_quantile(0.95, sum by (le) (rate(db_query_duration_seconds_bucket[5m])))", SECONDS),
    (r#"sum(rate(celery_tasks_total{state="SUCCESS"}[5m])) / sum(rate(celery_tasks_total[5m]))"#, SHARE),
    ("histogram_quantile(0.95, sum by (le, task) (rate(celery_task_duration_seconds_bucket[5m])))", SECONDS),
    ("celery_queue_depth", ANY),
    ("sum(rate(tasks_failed_total[5m])) / sum(rate(tasks_created_total[5m]))", SHARE),
    ("sum(rate(data_processing_errors_total[5m])) / sum(rate(data_records_processed_total[5m]))", SHARE),
    ("scaling_prediction_accuracy", SHARE),
    ("histogram_quantile(0.95, sum by (le) (rate(model_inference_duration_seconds_bucket[5m])))", SECONDS),
    ("time() - model_last_training_timestamp", SOME),
    // the shop
    ("rate(http_requests_total[5m])", ANY),
    ("rate(process_cpu_seconds_total[5m])", ANY),
    ("process_resident_memory_bytes / 1024 / 1024", SOME),
    ("database_connections_active / database_connections_max", SHARE),
    ("histogram_quantile(0.95, sum by (le) (rate(database_query_duration_seconds_bucket[5m])))", SECONDS),
    (
        "sum(rate(cache_hits_total[5m])) / (sum(rate(cache_hits_total[5m])) + sum(rate(cache_misses_total[5m])))",
        SHARE,
    ),
    ("sum(rate(orders_created_total[5m]))", SOME),
    ("sum(rate(payments_processed_total[5m]))", SOME),
    ("sum(rate(user_signups_total[5m]))", SOME),
    // aetherra
    ("sum(rate(aetherra_api_requests_total[5m])) by (method)", SOME),
    ("topk(5, rate(aetherra_api_requests_total[5m]))", SOME),
    ("sum(rate(aetherra_api_errors_total[5m])) / sum(rate(aetherra_api_requests_total[5m]))", SHARE),
    (
        r#"sum(rate(aetherra_api_requests_total{status!~"5.."}[5m])) / sum(rate(aetherra_api_requests_total[5m]))"#,
        SHARE,
    ),
    ("histogram_quantile(0.99, sum by (le) (rate(aetherra_request_duration_seconds_bucket[5m])))", SECONDS),
    (
        "sum(rate(aetherra_request_duration_seconds_sum[5m])) / sum(rate(aetherra_request_duration_seconds_count[5m]))",
        SECONDS,
    ),
    (r#"aetherra_response_time{quantile="0.95"}"#, SECONDS),
    ("sum(rate(aetherra_memory_query_total[5m])) by (status)", ANY),
    ("aetherra_active_connections / aetherra_max_connections", SHARE),
    ("sum(rate(aetherra_memory_events_total[5m])) by (type)", SOME),
    ("histogram_quantile(0.95, sum by (le) (rate(aetherra_memory_query_duration_bucket[5m])))", SECONDS),
    ("aetherra_memory_storage_bytes", SOME),
    ("aetherra_memory_healthy", SHARE),
    (r#"aetherra_homeostasis_status{status="active"}"#, SHARE),
    (r#"count(aetherra_service_healthy{status="active"})"#, SOME),
    (r#"rate(aetherra_plugin_executions_total{status="failed"}[5m])"#, ANY),
    (
        r#"sum(rate(aetherra_self_improvement_tasks_total{status="success"}[5m])) / sum(rate(aetherra_self_improvement_tasks_total[5m]))"#,
        SHARE,
    ),
    ("aetherra_self_improvement_active_tasks", ANY),
    (
        "histogram_quantile(0.95, sum by (le) (rate(aetherra_self_improvement_task_duration_bucket[5m])))",
        SECONDS,
    ),
    ("aetherra_self_improvement_learning_score", SOME),
];

#[test]
fn the_promql_of_the_guides_has_plausible_values_in_prometheus() {
    let Some(prometheus) = Prometheus::start() else { return };
    let shop = Example::start("shop", &["--base-port", "0"], &[]);
    let address = |service| shop.says(&format!("{service}: http://")).split_once(',').unwrap().0.to_owned();
    let [gateway, orders, payments] = ["gateway", "orders", "payments"].map(address);
    prometheus.scrape(&ScrapeJob::new("the-shop", gateway).target(orders).target(payments));
    let (others, generated) = serve(others);
    let guides = GUIDES.iter().map(|guide| serve(|registry| guide.record(registry)).0);
    let guides: Vec<Listener> = guides.collect();
    let host = Registry::new();
    let _monitor = ResourceMonitor::builder().registry(&host).build().unwrap();
    let host = Listener::start(&host, ([127, 0, 0, 1], 0).into()).unwrap();
    let job = ScrapeJob::new("the-helpers", others.address()).target(host.address());
    prometheus.scrape(&guides.iter().fold(job, |job, guide| job.target(guide.address())));

    let (mut page, objectives) = (expressions_of(PAGE), expressions_of(OBJECTIVES));
    assert!(page.len() > 40 && generated.len() > 15, "{page:?}, {generated:?}");
    assert_eq!(objectives.len(), 5, "{objectives:?}");
    page.extend(objectives);
    let of_shop: Vec<_> =
        SERVICES.into_iter().flat_map(|(service, declare)| of_service(service, declare)).collect();
    let [http, saturated] = ["sum(rate(http_requests_total{status=~", "max("]
        .map(|start| of_shop.iter().filter(|(query, _)| query.starts_with(start)).count());
    assert_eq!([http, saturated], [3, 5], "{of_shop:#?}");
    wait_for("plausible values", SOON, || {
        let generated =
            generated.iter().chain(&of_shop).map(|(expression, range)| (expression.as_str(), range));
        let written = page.iter().chain(EXPRESSIONS).map(|(expression, range)| (*expression, range));
        let all = written.chain(generated);
        let wrong: Vec<String> =
            all.filter_map(|(expression, range)| wrong(&prometheus, expression, range)).collect();
        if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n").into()) }
    });
    let price = Operation::in_registry(&Registry::new(), "price_order").unwrap();
    let elsewhere = GoldenQueries::of(price.signals()).matching("service", "gateway").traffic().unwrap();
    assert!(prometheus.query(&elsewhere).unwrap().is_empty(), "the operation is one of orders");
    assert_eq!(prometheus.process().complaints(), Vec::<String>::new());
}

#[test]
fn the_page_has_the_forms_of_generated_queries() {
    let mut signal = "";
    let (mut errors, mut saturations) = (0, 0);
    for line in PAGE.lines() {
        signal = line.strip_prefix("# ").map_or(signal, |comment| comment.split(':').next().unwrap());
        let is_query = line.contains(" by (") || line.starts_with("sum(");
        match signal {
            "errors" if is_query => {
                let (_, ratio) = line.split_once(" / (").unwrap();
                let (traffic, again) = ratio.split_once(" > 0) or 0 * ").unwrap();
                assert_eq!(traffic, again, "{line}");
                errors += 1;
            }
            "saturation" if is_query => {
                let ends = line.ends_with(" > 0))") || line.ends_with(" / 20)") || line.ends_with(" / 60)");
                assert!(line.starts_with("max by (") && line.contains(" / ") && ends, "{line}");
                saturations += 1;
            }
            _ => {}
        }
    }
    assert!(errors > 10 && saturations > 5, "{errors} {saturations}");
}

/// Declares what a service of the shop does.
type Declare = fn(&Registry);

/// The services of the shop, with the layers and helpers that they have.
const SERVICES: [(&str, Declare); 3] = [
    ("gateway", |registry| {
        http_layers(registry, true);
        BusinessMetric::counter("user_signups_total", "New users.").registry(registry).build().unwrap();
    }),
    ("orders", |registry| {
        http_layers(registry, true);
        Operation::in_registry(registry, "price_order").unwrap();
        let state = || PoolState { max: 5, ..PoolState::default() };
        Database::builder("orders").registry(registry).pool(state).build().unwrap();
        Cache::builder("orders").capacity(100).registry(registry).build().unwrap();
        let created = BusinessMetric::counter("orders_created_total", "Orders that were created and paid.");
        created.registry(registry).build().unwrap();
    }),
    ("payments", |registry| {
        http_layers(registry, false);
        Worker::builder("payments").max(1).registry(registry).build().unwrap();
        Dependency::builder("provider").registry(registry).build().unwrap();
        let queue = Queue::builder("payments").registry(registry).build().unwrap();
        let _ = radiosonde::tokio::channel::<()>(&queue, 100);
    }),
];

fn http_layers(registry: &Registry, calls: bool) {
    ServerLayer::builder().registry(registry).build().unwrap();
    if calls {
        ClientLayer::builder().registry(registry).build().unwrap();
    }
}

/// The queries of a service of the shop.
fn of_service(service: &str, declare: Declare) -> Vec<(String, RangeInclusive<f64>)> {
    let registry = Registry::new();
    declare(&registry);
    let signals = GoldenSignals::of(&registry);
    signals
        .iter()
        .flat_map(|signals| queries(&GoldenQueries::of(signals).matching("service", service)))
        .collect()
}

/// Each line of a page's blocks of PromQL, with the range for its values by the comment above it.
fn expressions_of(page: &'static str) -> Vec<(&'static str, RangeInclusive<f64>)> {
    let mut expressions = Vec::new();
    let (mut is_promql, mut range) = (false, ANY);
    for line in page.lines() {
        if line.starts_with("```") {
            is_promql = line == "```promql";
        } else if let (true, Some(comment)) = (is_promql, line.strip_prefix("# ")) {
            let signal = comment.split([':', ' ']).next().unwrap_or_default();
            range = match signal {
                "latency" => SECONDS,
                "errors" | "saturation" | "share" => SHARE,
                "budget" => f64::MIN..=1.0,
                _ => ANY,
            };
        } else if is_promql {
            expressions.push((line, range.clone()));
        }
    }
    expressions
}

/// What is wrong with the values of an expression: there are none, or one is out of range. A ratio without traffic and a quantile without
/// observations are not numbers, and no values.
fn wrong(prometheus: &Prometheus, expression: &str, range: &RangeInclusive<f64>) -> Option<String> {
    let samples = match prometheus.query(expression) {
        Ok(samples) => samples,
        Err(error) => return Some(format!("{expression}: {error}")),
    };
    let values: Vec<f64> =
        samples.iter().map(|sample| sample.value).filter(|value| !value.is_nan()).collect();
    let is_right = !values.is_empty() && values.iter().all(|value| range.contains(value));
    (!is_right).then(|| format!("{expression}: {values:?}, not within {range:?}"))
}

/// Serves metrics in which something is recorded all the time; gauges are up as long as what is returned is kept. Returns the queries that are
/// generated for them as well.
fn serve(
    record: impl Fn(&Registry) -> Vec<Kept> + Send + 'static,
) -> (Listener, Vec<(String, RangeInclusive<f64>)>) {
    let registry = Registry::new();
    let listener = Listener::start(&registry, ([127, 0, 0, 1], 0).into()).unwrap();
    drop(record(&registry));
    let of_listener =
        |signals| GoldenQueries::of(signals).matching("instance", listener.address().to_string());
    let generated =
        GoldenSignals::of(&registry).iter().flat_map(|signals| queries(&of_listener(signals))).collect();
    thread::spawn(move || {
        loop {
            let kept = record(&registry);
            thread::sleep(Duration::from_millis(200));
            drop(kept);
        }
    });
    (listener, generated)
}

fn queries(queries: &GoldenQueries) -> Vec<(String, RangeInclusive<f64>)> {
    let of_signals = [
        (queries.latency(0.95), SECONDS),
        (queries.traffic(), SOME),
        (queries.error_ratio(), SHARE),
        (queries.saturation(), SHARE),
    ];
    of_signals.into_iter().filter_map(|(query, range)| Some((query.ok()?, range))).collect()
}

/// The page's helpers that are not in the shop, by their usual names.
fn others(registry: &Registry) -> Vec<Kept> {
    let mqtt = Messaging::builder("mqtt").registry(registry).build().unwrap();
    mqtt.publish("temperature").track().complete();
    mqtt.process("temperature").track().fail("no number");
    let websockets = Connections::builder("websocket").max(10).registry(registry).build().unwrap();
    drop(websockets.open());
    let sessions = Sessions::builder("customer").registry(registry).build().unwrap();
    let report = ScheduledJob::builder("report").every(Duration::from_secs(60)).registry(registry);
    report.build().unwrap().operation().track().complete();
    let ranker = Model::builder("ranker").registry(registry).build().unwrap();
    ranker.inference().track().complete();
    ranker.set_accuracy(0.93);
    ranker.trained();
    let readings = DataPipeline::builder("readings")
        .max_lag(Duration::from_secs(60))
        .registry(registry)
        .build()
        .unwrap();
    readings.record().track().complete();
    readings.processed_until(SystemClock.now() - Duration::from_secs(15));
    requests(registry);
    SystemHealth::builder().registry(registry).build().unwrap().component("broker").record(true);
    vec![Box::new(websockets.open()), Box::new(sessions.open()), Box::new(ranker.inference().track())]
}

/// A request that fails and one that does not, by the names of OpenTelemetry, through a limit.
fn requests(registry: &Registry) {
    let limiter = Limiter::builder("front").registry(registry).build().unwrap();
    let layer = ServerLayer::builder().registry(registry).names(ServerNames::otel()).build().unwrap();
    let answer = service_fn(async |request: Request<String>| {
        let status = if request.uri() == "/" { StatusCode::OK } else { StatusCode::BAD_GATEWAY };
        Response::builder().status(status).body(String::new())
    });
    // As in a service, until the process ends: a limit that is dropped is no limit any more.
    let service: &'static _ = Box::leak(Box::new(layer.layer(limiter.concurrency_limit(4).layer(answer))));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    for path in ["/", "/orders"] {
        let request = Request::get(path).body(String::new()).unwrap();
        drop(runtime.block_on(service.clone().oneshot(request)));
    }
}
