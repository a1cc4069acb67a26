//! One id, three backends: an exemplar in Prometheus names a trace in Jaeger, whose lines are in Loki, across three services.
#![allow(clippy::unwrap_used, clippy::panic, reason = "what a helper cannot do fails its test")]

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use e2e::{
    Ended, Example, Exemplar, LogEntry, Probe, Prometheus, ScrapeJob, Span, SpanKind, SpanStatus, Stack,
    wait_for,
};
use serde_json::{Value, json};

const SOON: Duration = Duration::from_secs(30);
const SERVICES: [&str; 3] = ["gateway", "orders", "payments"];

/// The shop, whose services send to a stack and are scraped by it.
struct Shop {
    example: Example,
    addresses: BTreeMap<&'static str, String>,
}

impl Shop {
    fn start(stack: &Stack) -> Self {
        let variables = [
            ("RADIOSONDE_LOKI_URL", stack.loki.url()),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", &stack.jaeger.otlp_http_url()),
        ];
        let example = Example::start("shop", &["--base-port", "0", "--no-traffic"], &variables);
        let address = |service| {
            let rest = example.says(&format!("{service}: http://"));
            rest.split_once(',').unwrap().0.to_owned()
        };
        let addresses = BTreeMap::from(SERVICES.map(|service| (service, address(service))));
        let job =
            SERVICES[1..].iter().fold(ScrapeJob::new("the-shop", &addresses["gateway"]), |job, service| {
                job.target(&addresses[service])
            });
        stack.prometheus.scrape(&job);
        stack.prometheus.wait_until_up("the-shop", SOON);
        Self { example, addresses }
    }

    /// Sends an order to the gateway; the status of its answer.
    fn order(&self, token: &str) -> u16 {
        let order =
            json!({"user": "ada", "article": "balloon", "quantity": 2, "method": "card", "token": token});
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let answer = agent.post(format!("http://{}/orders", self.addresses["gateway"])).send_json(order);
        answer.unwrap().status().as_u16()
    }

    /// The one exemplar that a service has for the requests to an endpoint.
    fn exemplar(&self, prometheus: &Prometheus, service: &str, endpoint: &str) -> Exemplar {
        let instance = &self.addresses[service];
        let series = format!(
            r#"http_request_duration_seconds_bucket{{instance="{instance}",method="POST",endpoint="{endpoint}"}}"#
        );
        wait_for("the exemplar", SOON, || match prometheus.query_exemplars(&series)?.as_slice() {
            [exemplar] => Ok(exemplar.clone()),
            several => Err(format!("{} exemplars", several.len()).into()),
        })
    }
}

#[test]
fn a_trace_id_from_prometheus_finds_the_trace_in_jaeger_and_its_lines_in_loki() {
    let Some(stack) = Stack::start() else { return };
    let shop = Shop::start(&stack);
    assert_eq!(shop.order("tok_1"), 201);

    let exemplar = shop.exemplar(&stack.prometheus, "gateway", "/orders");
    let trace_id = &exemplar.labels["trace_id"];
    let spans = trace_of(&stack, trace_id, "charge_payment");

    let chain = [
        ("gateway", "POST /orders", SpanKind::Server),
        ("gateway", "create_order", SpanKind::Internal),
        ("gateway", "POST /orders", SpanKind::Client),
        ("orders", "POST /orders", SpanKind::Server),
        ("orders", "place_order", SpanKind::Internal),
        ("orders", "POST /payments", SpanKind::Client),
        ("payments", "POST /payments", SpanKind::Server),
        ("payments", "pay", SpanKind::Internal),
        ("payments", "process_payment", SpanKind::Consumer),
        ("payments", "charge_payment", SpanKind::Client),
    ];
    let chain = chain.map(|(service, name, kind)| find(&spans, service, name, kind));
    assert_eq!(chain[0].parent_id, None);
    for pair in chain.windows(2) {
        assert!(pair[1].is_child_of(pair[0]), "{} is no child of {}: {pair:#?}", pair[1].name, pair[0].name);
    }
    for name in ["price_order", "insert_order", "update_order"] {
        let place_order = chain[4];
        let child = spans.iter().find(|span| span.name == name).unwrap_or_else(|| panic!("no {name}"));
        assert!(child.is_child_of(place_order), "{child:#?}");
    }
    // Of the span itself, not only of its trace.
    assert_eq!(exemplar.labels["span_id"], chain[0].span_id);
    assert!(exemplar.value <= (chain[0].end - chain[0].start).as_secs_f64() + 0.001, "{exemplar:?}");
    // Numbers, not texts.
    for (span, status) in [(0, 201), (2, 201), (3, 201), (5, 200), (6, 200)] {
        assert_eq!(chain[span].attributes["http.response.status_code"], json!(status), "{:#?}", chain[span]);
    }
    for span in &spans {
        assert_eq!(span.resource["service.namespace"], "shop");
        assert_eq!(span.status, SpanStatus::Unset, "{span:#?}");
    }

    let lines = lines_of(&stack, trace_id);
    let payment = lines.iter().find(|line| line.line.contains("payment approved")).unwrap();
    assert_eq!(
        payment.structured_metadata["span_id"], chain[8].span_id,
        "the worker's line is in the worker's span"
    );
    let access: BTreeSet<_> = lines
        .iter()
        .map(|line| serde_json::from_str::<Value>(&line.line).unwrap())
        .filter(|line| line["module"] == "radiosonde::access")
        .map(|line| (line["service"].to_string(), line["span_id"].as_str().unwrap().to_owned()))
        .collect();
    let servers = [0, 3, 6].map(|at| (format!("{:?}", chain[at].service), chain[at].span_id.clone()));
    assert_eq!(access, BTreeSet::from(servers), "one access line for each server span");
}

#[test]
fn a_payment_that_fails_has_failed_in_every_signal_of_every_service() {
    let Some(stack) = Stack::start() else { return };
    let shop = Shop::start(&stack);
    assert_eq!((shop.order("tok_offline"), shop.order("tok_declined")), (502, 402));

    wait_for("the counters in Prometheus", SOON, || {
        for (series, value) in [
            (r#"sum(http_requests_total{status="502"})"#, 3.0),
            (r#"sum(http_requests_total{status="402"})"#, 3.0),
            (r#"sum(payments_processed_total{status="failed"})"#, 1.0),
            (r#"sum(payments_processed_total{status="declined"})"#, 1.0),
            (r#"sum(dependency_calls_total{operation="charge_payment",outcome="failed"})"#, 2.0),
            (r#"sum(http_client_requests_total{status="502"})"#, 2.0),
        ] {
            let found = stack.prometheus.value(series)?;
            if found != Some(value) {
                return Err(format!("{series} is {found:?}").into());
            }
        }
        Ok(())
    });

    let failed = wait_for("the line about the failure", SOON, || {
        let lines =
            stack.loki.query(r#"{service_name="payments", level="ERROR"} |= "payment failed" | json"#)?;
        Ok(lines.into_iter().next().ok_or("no line")?)
    });
    let line: Value = serde_json::from_str(&failed.line).unwrap();
    let error = json!({"message": "the payment provider does not answer", "chain": ["connection reset"]});
    assert_eq!(line["metadata"]["error"], error, "{line:#}");

    let spans = trace_of(&stack, &failed.structured_metadata["trace_id"], "charge_payment");
    for (service, name, kind) in [
        ("gateway", "POST /orders", SpanKind::Server),
        ("gateway", "POST /orders", SpanKind::Client),
        ("orders", "POST /orders", SpanKind::Server),
        ("orders", "POST /payments", SpanKind::Client),
        ("payments", "POST /payments", SpanKind::Server),
    ] {
        let span = find(&spans, service, name, kind);
        assert_eq!(span.status, SpanStatus::Error, "{span:#?}");
        assert_eq!(span.attributes["http.response.status_code"], json!(502));
        assert_eq!(span.attributes["error.type"], "502");
    }
    let charge = find(&spans, "payments", "charge_payment", SpanKind::Client);
    assert_eq!(charge.status, SpanStatus::Error);
    assert_eq!(charge.status_message, "the payment provider does not answer");
}

#[test]
fn every_line_and_span_of_a_shop_that_ends_is_delivered() {
    let Some(stack) = Stack::start() else { return };
    let shop = Shop::start(&stack);
    for token in ["tok_1", "tok_2", "tok_declined", "tok_3", "tok_offline"] {
        shop.order(token);
    }
    let ended = shop.example.end();
    assert!(ended.status.success(), "{}", ended.stderr);

    let numbers =
        stack.loki.query_numbers(r#"sum by (service_name) (count_over_time({service_name=~".+"}[1h]))"#);
    let in_loki: BTreeMap<String, f64> = numbers
        .unwrap()
        .into_iter()
        .map(|sample| (sample.label("service_name").to_owned(), sample.value))
        .collect();
    for service in SERVICES {
        let lines =
            ended.stdout.lines().filter(|line| line.contains(&format!(r#""service":"{service}""#))).count();
        assert!(lines > 5, "{}", ended.stdout);
        assert_eq!(
            report(&ended, service, "loki"),
            format!("{lines} produced, {lines} delivered, 0 dropped, 0 left")
        );
        assert_eq!(in_loki[service], f64::from(u32::try_from(lines).unwrap()), "{service}");
        let spans = report(&ended, service, "otlp");
        assert!(spans.ends_with("0 dropped, 0 left") && !spans.starts_with("0 "), "{spans}");
    }
}

/// A service's final report about one of its sinks.
fn report<'a>(ended: &'a Ended, service: &str, sink: &str) -> &'a str {
    let start = format!("{service}: {sink}: ");
    ended
        .stderr
        .lines()
        .find_map(|line| line.strip_prefix(&start))
        .unwrap_or_else(|| panic!("{}", ended.stderr))
}

/// The spans of a trace, once all three services have sent theirs: they do so independently of each other.
fn trace_of(stack: &Stack, trace_id: &str, last: &str) -> Vec<Span> {
    wait_for("the whole trace in Jaeger", SOON, || {
        let spans = stack.jaeger.spans(trace_id)?;
        let roots = spans.iter().filter(|span| span.parent_id.is_none()).count();
        let is_known = |id: &String| spans.iter().any(|span| span.span_id == *id);
        let whole = spans.iter().filter_map(|span| span.parent_id.as_ref()).all(is_known);
        let there = spans.iter().any(|span| span.name == last);
        if roots == 1 && whole && there {
            return Ok(spans);
        }
        let names: Vec<_> = spans.iter().map(|span| format!("{} {}", span.service, span.name)).collect();
        Err(format!("{roots} without a parent among {names:?}").into())
    })
}

fn find<'a>(spans: &'a [Span], service: &str, name: &str, kind: SpanKind) -> &'a Span {
    let mut found =
        spans.iter().filter(|span| span.service == service && span.name == name && span.kind == kind);
    match (found.next(), found.next()) {
        (Some(span), None) => span,
        (first, second) => panic!("not one {kind:?} span {name:?} of {service}: {first:#?} {second:#?}"),
    }
}

/// The lines of a trace, once every service has sent the one that it writes last: its access line.
fn lines_of(stack: &Stack, trace_id: &str) -> Vec<LogEntry> {
    let query = format!(r#"{{service_name=~"gateway|orders|payments"}} | trace_id="{trace_id}""#);
    let lines = wait_for("lines from all three services in Loki", SOON, || -> Probe<_> {
        let lines = stack.loki.query(&query)?;
        let done: BTreeSet<_> = lines
            .iter()
            .filter(|line| line.line.contains("radiosonde::access"))
            .map(|line| line.labels["service_name"].clone())
            .collect();
        if done == SERVICES.map(str::to_owned).into() {
            Ok(lines)
        } else {
            Err(format!("only from {done:?}").into())
        }
    });
    for line in &lines {
        let json: Value = serde_json::from_str(&line.line).unwrap();
        assert_eq!(json["trace_id"], trace_id);
        assert_eq!(json["service"], line.labels["service_name"].as_str());
        assert_eq!(json["level"], line.labels["level"].as_str());
        assert_eq!(line.labels.get("trace_id"), None, "an id is no label");
    }
    lines
}
