//! LogQL that people write about services' logs, asked of a real Loki that got the lines from radiosonde.
//!
//! These are the queries of two monitoring guides. What stands after the selector is theirs; what is adapted:
//!
//! - `{service="…"}` is `{service_name="…"}`: Loki's own tools and OpenTelemetry call that label so, and lines carry it by that name.
//! - `task_status` and `action` are `metadata_task_status` and `metadata_action`: fields of one's own stand under `metadata` in a
//!   line, and `| json` joins nested keys by `_`.
//! - `|= "status=5"` finds nothing in JSON, where a status reads `"status":500`; what is meant is `| json | status >= 500`.
#![allow(clippy::unwrap_used, reason = "what a helper cannot do fails its test")]

use std::sync::Arc;
use std::time::Duration;

use e2e::{Loki, wait_for};
use radiosonde_core::Resource;
use radiosonde_delivery::Delivery;
use radiosonde_log::{JsonLayer, Writer};
use radiosonde_loki::LokiSink;
use radiosonde_metrics::Registry;
use tracing::{error, info, info_span, warn};
use tracing_subscriber::layer::SubscriberExt as _;

const SOON: Duration = Duration::from_secs(30);

/// Does `work` as a service of this name, whose lines go to Loki, and returns when Loki has taken them all.
fn serve(name: &str, loki: &Loki, work: impl FnOnce()) {
    let registry = Registry::new();
    let delivery = Delivery::builder().registry(&registry).start().unwrap();
    let resource = Resource::new(name);
    let sink = LokiSink::builder(loki.url(), &resource).build(&delivery).unwrap();
    let lines = JsonLayer::builder(&resource)
        .registry(&registry)
        .writer(Writer::new("nowhere", std::io::sink()))
        .sink(Arc::new(sink))
        .build()
        .unwrap();
    tracing::subscriber::with_default(tracing_subscriber::registry().with(lines), work);
    let report = delivery.shutdown_blocking(SOON);
    assert!(report.produced() > 0 && report.produced() == report.delivered(), "{report}");
}

/// The access line of a request.
fn answered(path: &'static str, status: u16, duration_ms: f64) {
    let _request = info_span!("http_request", request_id = "r-1").entered();
    info!(target: "radiosonde::access", method = "GET", path, status, duration_ms, "GET {path} {status}");
}

/// The messages of the lines that a query finds: in order, as many as are expected.
#[track_caller]
fn messages(loki: &Loki, logql: &str, expected: &[&str]) {
    let found = wait_for(&format!("what {logql} finds"), SOON, || {
        let found: Vec<String> =
            loki.query(logql)?.into_iter().map(|mut entry| message(&mut entry.parsed)).collect();
        if found.len() >= expected.len() { Ok(found) } else { Err(format!("only {found:?}").into()) }
    });
    assert_eq!(found, expected, "{logql}");
}

fn message(parsed: &mut std::collections::BTreeMap<String, String>) -> String {
    parsed.remove("message").unwrap_or_default()
}

#[test]
fn error_lines() {
    let Some(loki) = Loki::start() else { return };
    serve("backend", &loki, || {
        error!("cannot open the journal");
        info!("no ERROR here, only the word");
        warn!("slow");
        error!(code = 7, "cannot close the journal");
    });
    serve("api-gateway", &loki, || {
        info!("ERROR is a word");
        error!("upstream is gone");
    });
    let query = r#"{service_name="backend"} |= "ERROR" | json | level="ERROR" | __error__!="JSONParserErr""#;
    messages(&loki, query, &["cannot open the journal", "cannot close the journal"]);
    let query = r#"{service_name="api-gateway"} |= "ERROR" | json | level="ERROR""#;
    messages(&loki, query, &["upstream is gone"]);
}

#[test]
fn authentication_failures() {
    let Some(loki) = Loki::start() else { return };
    serve("backend", &loki, || {
        warn!(user_id = "u-1", "authentication of u-1 failed");
        info!(user_id = "u-2", "authentication of u-2 succeeded");
        warn!("payment failed, authorised before");
        error!(user_id = "u-3", "password authentication failed for u-3");
    });
    let query =
        r#"{service_name="backend"} |= "auth" |= "failed" | json | message=~".*authentication.*failed.*""#;
    messages(&loki, query, &["authentication of u-1 failed", "password authentication failed for u-3"]);
}

#[test]
fn slow_requests() {
    let Some(loki) = Loki::start() else { return };
    for service in ["backend", "business-logic"] {
        serve(service, &loki, || {
            answered("/fast", 200, 12.5);
            answered("/slow", 200, 1000.5);
            answered("/limit", 200, 1000.0);
            answered("/slower", 500, 20_000.0);
            info!("not about a request");
        });
        let query = format!(r#"{{service_name="{service}"}} | json | duration_ms > 1000"#);
        messages(&loki, &query, &["GET /slow 200", "GET /slower 500"]);
    }
}

#[test]
fn failures_of_tasks() {
    let Some(loki) = Loki::start() else { return };
    serve("worker", &loki, || {
        info!(task_status = "SUCCESS", "task resize done, none failed");
        error!(task_status = "FAILURE", task_id = 17, "task mail failed");
        warn!(task_status = "RETRY", "task mail failed, again in 10 s");
    });
    let query = r#"{service_name="worker"} |= "task" |= "failed" | json | metadata_task_status="FAILURE""#;
    messages(&loki, query, &["task mail failed"]);
}

#[test]
fn scaling_decisions() {
    let Some(loki) = Loki::start() else { return };
    serve("ml-controller", &loki, || {
        info!(action = "scale_up", replicas = 5, "scaling backend");
        info!(action = "none", "scaling not needed");
        info!(action = "scale_down", replicas = 2, "scaling worker");
        info!(action = "scale_sideways", "scaling into the unknown");
    });
    let query = r#"{service_name="ml-controller"} |= "scaling" | json | metadata_action=~"scale_(up|down)""#;
    messages(&loki, query, &["scaling backend", "scaling worker"]);
}

#[test]
fn a_count_of_server_errors() {
    let Some(loki) = Loki::start() else { return };
    serve("api-gateway", &loki, || {
        for status in [200, 404, 500, 503, 599, 302] {
            answered("/orders", status, 5.0);
        }
        info!(count = 500, "not a status");
    });
    let query = r#"sum(count_over_time({service_name="api-gateway"} | json | status >= 500 [1h]))"#;
    assert_eq!(numbers(&loki, query), [("".to_owned(), 3.0)]);
}

#[test]
fn the_most_frequent_errors() {
    let Some(loki) = Loki::start() else { return };
    serve("auth-service", &loki, || {
        // Three times the same, at the same moment or not: three lines.
        for _ in 0..3 {
            error!("token expired");
        }
        error!("no such user");
        error!("no such user");
        warn!("token expires soon");
    });
    let query = r#"topk(10,
  sum by (message) (
    count_over_time({service_name="auth-service"} | json | level="ERROR" [1h])
  )
)"#;
    assert_eq!(numbers(&loki, query), [("token expired".to_owned(), 3.0), ("no such user".to_owned(), 2.0)]);
}

/// The series of an expression by their `message`, largest first, once there are any.
fn numbers(loki: &Loki, logql: &str) -> Vec<(String, f64)> {
    let samples = wait_for(&format!("what {logql} counts"), SOON, || {
        let samples = loki.query_numbers(logql)?;
        if samples.is_empty() { Err("nothing".into()) } else { Ok(samples) }
    });
    let mut found: Vec<_> =
        samples.iter().map(|sample| (sample.label("message").to_owned(), sample.value)).collect();
    found.sort_by(|(_, a), (_, b)| b.total_cmp(a));
    found
}
