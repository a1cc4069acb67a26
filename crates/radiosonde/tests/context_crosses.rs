//! Trace context crosses a service whatever its log filter is, and as `OTEL_SDK_DISABLED` and `OTEL_PROPAGATORS` have it. What `init`
//! sets up is global and the environment belongs to a process, so each case is one.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]
#![allow(clippy::print_stdout, reason = "the parent reads what the child prints")]

mod context_crosses {
    pub(crate) mod w3c;
}

use std::convert::Infallible;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use context_crosses::w3c::{self, TRACE_ID, Trace};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use radiosonde::Telemetry;
use radiosonde_testkit::{HttpFake, Reaction};
use tower::{Layer as _, ServiceExt as _, service_fn};

const CHILD: &str = "RADIOSONDE_TEST_CHILD";
const CALLS: usize = 3;

/// What the calls of a service send that was asked with these headers.
async fn sent(telemetry: &Telemetry, headers: &[(&'static str, String)]) -> Vec<HeaderMap> {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let into = Arc::clone(&seen);
    let client = telemetry.client_layer().layer(service_fn(move |request: Request<String>| {
        into.lock().unwrap().push(request.headers().clone());
        std::future::ready(Ok::<_, Infallible>(Response::new(String::new())))
    }));
    let service = telemetry.server_layer().layer(service_fn(move |_: Request<String>| {
        let client = client.clone();
        async move {
            for _ in 0..CALLS {
                client.clone().oneshot(Request::new(String::new())).await?;
            }
            // As what sends to a queue has it.
            let mut message = HeaderMap::new();
            radiosonde::trace::inject(&mut message);
            tracing::info!("handled");
            Ok::<_, Infallible>(Response::new(message.len().to_string()))
        }
    }));
    let mut request = Request::new(String::new());
    for (name, value) in headers {
        let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
        request.headers_mut().append(name, HeaderValue::from_str(value).unwrap());
    }
    drop(service.oneshot(request).await.unwrap());
    let seen = std::mem::take(&mut *seen.lock().unwrap());
    assert_eq!(seen.len(), CALLS);
    seen
}

fn text(headers: &HeaderMap, name: &str) -> String {
    let values: Vec<_> = headers.get_all(name).iter().map(|value| value.to_str().unwrap()).collect();
    values.join(",")
}

/// Checks what calls have sent; an error describes the mismatch.
fn check(calls: &[HeaderMap], request: &w3c::Request) -> Result<(), String> {
    let parents: Vec<String> = calls.iter().map(|headers| text(headers, "traceparent")).collect();
    let contexts: Vec<_> =
        calls.iter().filter_map(radiosonde::trace::extract).map(|found| found.context()).collect();
    let traces: Vec<String> = contexts.iter().map(|context| context.trace_id().to_string()).collect();
    let mut ids: Vec<_> = contexts.iter().map(|context| context.span_id().to_string()).collect();
    ids.sort();
    ids.dedup();
    let is_kept = traces.iter().all(|trace| trace == TRACE_ID);
    let is_one = traces.iter().all(|trace| *trace == traces[0]);
    if contexts.len() != CALLS || ids.len() != CALLS || !is_one || is_kept != (request.trace == Trace::Kept) {
        return Err(format!("{parents:?}"));
    }
    match calls.iter().map(|headers| text(headers, "tracestate")).find(|state| *state != request.state) {
        Some(state) => Err(format!("tracestate {state:?}, expected {:?}", request.state)),
        None => Ok(()),
    }
}

/// How many cases pass, of how many; prints those that do not.
async fn suite(telemetry: &Telemetry) -> String {
    let cases = w3c::cases();
    let mut passed = 0;
    for case in &cases {
        let mut is_passed = true;
        for request in &case.requests {
            if let Err(why) = check(&sent(telemetry, &request.headers).await, request) {
                println!("{}: {why}", case.name);
                is_passed = false;
            }
        }
        passed += usize::from(is_passed);
    }
    format!("{passed} of {}", cases.len())
}

/// Runs the test of this name in a process with these variables, and gives what it wrote to standard output and error.
fn run(test: &str, variables: &[(&str, &str)]) -> (String, String) {
    let child = Command::new(std::env::current_exe().unwrap())
        .args([test, "--exact", "--nocapture"])
        .env(CHILD, "1")
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    let (output, errors) = (String::from_utf8_lossy(&child.stdout), String::from_utf8_lossy(&child.stderr));
    assert!(child.status.success(), "{variables:?}: {output}{errors}");
    (output.into_owned(), errors.into_owned())
}

fn is_child() -> bool {
    std::env::var_os(CHILD).is_some()
}

#[tokio::test]
async fn a_log_filter_stops_lines_and_nothing_else() {
    if is_child() {
        let telemetry = radiosonde::init("orders").unwrap();
        if std::env::var_os("RADIOSONDE_TEST_SET").is_some() {
            telemetry.level_reload().set("off").unwrap();
        }
        println!("passed {}", suite(&telemetry).await);
        let scrape =
            Request::get("/metrics").header("accept", "application/openmetrics-text").body(String::new());
        let scrape = telemetry.metrics_service().oneshot(scrape.unwrap()).await.unwrap();
        let body = http_body_util::BodyExt::collect(scrape.into_body()).await.unwrap().to_bytes();
        let exemplars = String::from_utf8_lossy(&body).matches("# {trace_id=").count();
        println!("exemplars {}", exemplars > 0);
        let _ = telemetry.shutdown(Duration::from_secs(30)).await;
        return;
    }
    let filters =
        [("info", true), ("off", false), ("hyper=off", false), ("radiosonde=off", false), ("error", false)];
    for (filter, has_lines) in filters.into_iter().chain([("info", false)]) {
        let server = HttpFake::start([Reaction::status(200)]);
        let url = server.url();
        let mut variables = vec![("RUST_LOG", filter), ("OTEL_EXPORTER_OTLP_ENDPOINT", &*url)];
        if filter == "info" && !has_lines {
            variables.push(("RADIOSONDE_TEST_SET", "off"));
        }
        let (output, _) = run("a_log_filter_stops_lines_and_nothing_else", &variables);
        assert!(output.contains("passed 41 of 41"), "{filter}: {output}");
        assert!(output.contains("exemplars true"), "{filter}: {output}");
        assert_eq!(output.contains("\"message\":\"handled\""), has_lines, "{filter}");
        assert!(!server.requests().is_empty(), "{filter}: spans are exported");
    }
}

#[tokio::test]
async fn a_disabled_sdk_hands_the_context_on_as_it_came() {
    if is_child() {
        let telemetry = radiosonde::init("orders").unwrap();
        for flags in ["01", "00", "03"] {
            let parent = format!("00-{TRACE_ID}-1234567890123456-{flags}");
            let headers = [("traceparent", parent.clone()), ("tracestate", "foo=1,t@b@c=2".to_owned())];
            for call in sent(&telemetry, &headers).await {
                assert_eq!(text(&call, "traceparent"), parent);
                assert_eq!(text(&call, "tracestate"), "foo=1,t@b@c=2");
            }
        }
        for headers in [&[][..], &[("traceparent", "00-1-1-1".to_owned())]] {
            for call in sent(&telemetry, headers).await {
                assert_eq!(call.get("traceparent"), None, "a trace that nobody records is not begun");
            }
        }
        let mut global = std::collections::HashMap::<String, String>::new();
        let carrier = std::collections::HashMap::from([(
            "traceparent".to_owned(),
            format!("00-{TRACE_ID}-1234567890123456-01"),
        )]);
        radiosonde::opentelemetry::api::global::get_text_map_propagator(|propagator| {
            propagator.inject_context(&propagator.extract(&carrier), &mut global);
        });
        assert_eq!(global["traceparent"], carrier["traceparent"]);
        let report = telemetry.shutdown(Duration::from_secs(30)).await;
        assert_eq!(report.sinks().len(), 0, "{report}");
        return;
    }
    let server = HttpFake::start([Reaction::status(200)]);
    let url = server.url();
    let variables = [("OTEL_SDK_DISABLED", "true"), ("OTEL_EXPORTER_OTLP_ENDPOINT", &*url)];
    let (output, _) = run("a_disabled_sdk_hands_the_context_on_as_it_came", &variables);
    let lines: Vec<&str> = output.lines().filter(|line| line.contains("\"message\":\"handled\"")).collect();
    assert_eq!(lines.len(), 5, "{output}");
    let ids = format!("\"trace_id\":\"{TRACE_ID}\",\"span_id\":\"1234567890123456\"");
    assert!(lines[..3].iter().all(|line| line.contains(&ids)), "{output}");
    assert!(lines[3..].iter().all(|line| !line.contains("trace_id")), "{output}");
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn trace_context_crosses_in_the_formats_of_the_variable() {
    const SPAN_ID: &str = "1234567890123456";

    if is_child() {
        let telemetry = radiosonde::init("orders").unwrap();
        let headers = [
            ("traceparent", format!("00-{TRACE_ID}-{SPAN_ID}-01")),
            ("b3", format!("{TRACE_ID}-{SPAN_ID}-1")),
            ("uber-trace-id", format!("{TRACE_ID}:{SPAN_ID}:0:1")),
        ];
        for call in sent(&telemetry, &headers).await {
            let kept = call.iter().filter(|(_, value)| value.as_bytes().starts_with(TRACE_ID.as_bytes()));
            let mut names: Vec<_> = kept.map(|(name, _)| name.as_str()).collect();
            if text(&call, "traceparent").contains(TRACE_ID) {
                names.push("traceparent");
            }
            names.sort_unstable();
            // The correlation id is no trace context, and always travels.
            let ids = usize::from(call.contains_key("x-correlation-id"));
            println!("sent [{}] of {}", names.join(" "), call.len() - ids);
        }
        let mut global = std::collections::HashMap::<String, String>::new();
        tracing::info_span!("around").in_scope(|| {
            radiosonde::opentelemetry::api::global::get_text_map_propagator(|propagator| {
                propagator.inject(&mut global);
            });
        });
        println!("global {}", global.len());
        let _ = telemetry.shutdown(Duration::from_secs(30)).await;
        return;
    }
    let instead = "OTEL_PROPAGATORS: \"xray\" is not supported; W3C trace context is propagated instead";
    let beside = "OTEL_PROPAGATORS: \"b3,ottrace\" is not supported; the other formats are propagated";
    for (value, sent, global, warning) in [
        ("none", "[] of 0", 0, ""),
        ("baggage", "[] of 0", 0, ""),
        ("b3", "[b3] of 1", 1, ""),
        ("B3Multi, tracecontext", "[traceparent x-b3-traceid] of 4", 4, ""),
        ("jaeger", "[uber-trace-id] of 1", 1, ""),
        ("TraceContext,", "[traceparent] of 1", 1, ""),
        ("xray", "[traceparent] of 1", 1, instead),
        ("b3,ottrace", "[b3] of 1", 1, beside),
    ] {
        let variables = [("OTEL_PROPAGATORS", value)];
        let (output, errors) = run("trace_context_crosses_in_the_formats_of_the_variable", &variables);
        assert_eq!(output.matches(&format!("sent {sent}\n")).count(), CALLS, "{value}: {output}");
        assert!(output.contains(&format!("global {global}\n")), "{value}: {output}");
        let line = output.lines().find(|line| line.contains("\"message\":\"handled\"")).unwrap();
        assert_eq!(line.contains(TRACE_ID), sent != "[] of 0", "{line}");
        assert!(line.contains("\"trace_id\""), "{line}");
        assert!(
            errors.contains(warning) && errors.contains("radiosonde: configuration") != warning.is_empty(),
            "{errors}"
        );
    }
}
