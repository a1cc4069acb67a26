//! LogQL queries from guides, evaluated by a real Loki on lines from radiosonde.
//!
//! The queries are those of two monitoring guides, unchanged. A service supports them with one line of its builder: see
//! [`as_service`]. The one adapted query, `|= "status=5"`, finds nothing in JSON, where a status is `"status":500`; its
//! meaning is `| json | status >= 500`.
#![allow(clippy::unwrap_used, reason = "what a helper cannot do fails its test")]

use std::env;
use std::process::Command;
use std::time::Duration;

use e2e::{Loki, wait_for};
use radiosonde::loki::LokiOptions;
use radiosonde_log::Writer;
use tracing::{error, info, info_span, warn};

const SOON: Duration = Duration::from_secs(30);
const SERVICE: &str = "RADIOSONDE_TEST_SERVICE";
const LOKI: &str = "RADIOSONDE_TEST_SERVICE_LOKI";

/// In a process started by [`serve`]: runs the service, and returns `true` when Loki has accepted all its lines.
fn as_service(work: impl FnOnce(&str)) -> bool {
    let (Ok(name), Ok(loki)) = (env::var(SERVICE), env::var(LOKI)) else { return false };
    let builder = radiosonde::builder().service_name(&name).loki(LokiOptions::new(loki));
    // The setting that the guides' queries need.
    let builder = builder.service_label("service").logs(|logs| logs.promote("task_status").promote("action"));
    let telemetry = builder.logs(|logs| logs.writer(Writer::new("nowhere", std::io::sink()))).init().unwrap();
    work(&name);
    let report = telemetry.shutdown_blocking(SOON);
    assert!(report.produced() > 0 && report.produced() == report.delivered(), "{report}");
    true
}

/// Runs a test of this file in a separate process, as a service that pushes to this Loki.
#[track_caller]
fn serve(test: &str, service: &str, loki: &Loki) {
    let child = Command::new(env::current_exe().unwrap())
        .args([test, "--exact", "--nocapture"])
        .env(SERVICE, service)
        .env(LOKI, loki.url())
        .output()
        .unwrap();
    assert!(child.status.success(), "{}", String::from_utf8_lossy(&child.stderr));
}

/// The access line of a request.
fn answered(path: &'static str, status: u16, duration_ms: f64) {
    let _request = info_span!("http_request", request_id = "r-1").entered();
    info!(target: "radiosonde::access", method = "GET", path, status, duration_ms, "GET {path} {status}");
}

/// The messages of the lines that a query finds, in order, once the expected number is there.
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
    if as_service(|service| {
        if service == "backend" {
            error!("cannot open the journal");
            info!("no ERROR here, only the word");
            warn!("slow");
            error!(code = 7, "cannot close the journal");
        } else {
            info!("ERROR is a word");
            error!("upstream is gone");
        }
    }) {
        return;
    }
    let Some(loki) = Loki::start() else { return };
    serve("error_lines", "backend", &loki);
    serve("error_lines", "api-gateway", &loki);
    let query = r#"{service="backend"} |= "ERROR" | json | level="ERROR" | __error__!="JSONParserErr""#;
    messages(&loki, query, &["cannot open the journal", "cannot close the journal"]);
    let query = r#"{service="api-gateway"} |= "ERROR" | json | level="ERROR""#;
    messages(&loki, query, &["upstream is gone"]);
}

#[test]
fn authentication_failures() {
    if as_service(|_| {
        warn!(user_id = "u-1", "authentication of u-1 failed");
        info!(user_id = "u-2", "authentication of u-2 succeeded");
        warn!("payment failed, authorised before");
        error!(user_id = "u-3", "password authentication failed for u-3");
    }) {
        return;
    }
    let Some(loki) = Loki::start() else { return };
    serve("authentication_failures", "backend", &loki);
    let query = r#"{service="backend"} |= "auth" |= "failed" | json | message=~".*authentication.*failed.*""#;
    messages(&loki, query, &["authentication of u-1 failed", "password authentication failed for u-3"]);
}

#[test]
fn slow_requests() {
    if as_service(|_| {
        answered("/fast", 200, 12.5);
        answered("/slow", 200, 1000.5);
        answered("/limit", 200, 1000.0);
        answered("/slower", 500, 20_000.0);
        info!("not about a request");
    }) {
        return;
    }
    let Some(loki) = Loki::start() else { return };
    for (service, query) in [
        ("backend", r#"{service="backend"} | json | duration_ms > 1000"#),
        ("business-logic", r#"{service="business-logic"} | json | duration_ms > 1000"#),
    ] {
        serve("slow_requests", service, &loki);
        messages(&loki, query, &["GET /slow 200", "GET /slower 500"]);
    }
}

#[test]
fn failures_of_tasks() {
    if as_service(|_| {
        info!(task_status = "SUCCESS", "task resize done, none failed");
        error!(task_status = "FAILURE", task_id = 17, "task mail failed");
        warn!(task_status = "RETRY", "task mail failed, again in 10 s");
    }) {
        return;
    }
    let Some(loki) = Loki::start() else { return };
    serve("failures_of_tasks", "worker", &loki);
    let query = r#"{service="worker"} |= "task" |= "failed" | json | task_status="FAILURE""#;
    messages(&loki, query, &["task mail failed"]);
}

#[test]
fn scaling_decisions() {
    if as_service(|_| {
        info!(action = "scale_up", replicas = 5, "scaling backend");
        info!(action = "none", "scaling not needed");
        info!(action = "scale_down", replicas = 2, "scaling worker");
        info!(action = "scale_sideways", "scaling into the unknown");
    }) {
        return;
    }
    let Some(loki) = Loki::start() else { return };
    serve("scaling_decisions", "ml-controller", &loki);
    let query = r#"{service="ml-controller"} |= "scaling" | json | action=~"scale_(up|down)""#;
    messages(&loki, query, &["scaling backend", "scaling worker"]);
}

#[test]
fn a_count_of_server_errors() {
    if as_service(|_| {
        for status in [200, 404, 500, 503, 599, 302] {
            answered("/orders", status, 5.0);
        }
        info!(count = 500, "not a status");
    }) {
        return;
    }
    let Some(loki) = Loki::start() else { return };
    serve("a_count_of_server_errors", "api-gateway", &loki);
    let query = r#"sum(count_over_time({service="api-gateway"} | json | status >= 500 [1h]))"#;
    assert_eq!(numbers(&loki, query), [("".to_owned(), 3.0)]);
}

#[test]
fn the_most_frequent_errors() {
    if as_service(|_| {
        // Three times the same, at the same moment or not: three lines.
        for _ in 0..3 {
            error!("token expired");
        }
        error!("no such user");
        error!("no such user");
        warn!("token expires soon");
    }) {
        return;
    }
    let Some(loki) = Loki::start() else { return };
    serve("the_most_frequent_errors", "auth-service", &loki);
    let query = r#"topk(10,
  sum by (message) (
    count_over_time({service="auth-service"} | json | level="ERROR" [1h])
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
