//! What the options of a server layer change in its signals.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::borrow::Cow;
use std::convert::Infallible;
use std::future::ready;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use http::{HeaderName, Request, Response, StatusCode};
use radiosonde_core::Resource;
use radiosonde_metrics::{Buckets, Registry};
use radiosonde_testkit::{ManualClock, SharedBuffer};
use radiosonde_tower::{
    LineChoice, LinePolicy, RequestHead, Route, ServerLayer, ServerLayerBuilder, ServerNames, Signals,
    Streaming, TrustedProxies,
};
use radiosonde_trace::{CaptureSpans, FinishedSpan, TracePipeline};
use tower::{Layer as _, Service, service_fn};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context as LayerContext, Layer, SubscriberExt as _};

/// What a request left.
struct Left {
    text: String,
    spans: Vec<FinishedSpan>,
    /// The levels of the access lines.
    lines: Vec<String>,
}

impl Left {
    #[track_caller]
    fn has(&self, line: &str) {
        assert!(self.text.contains(line), "no {line} in {}", self.text);
    }

    #[track_caller]
    fn attribute(&self, key: &str) -> Option<String> {
        self.spans[0].attribute(key).map(|value| format!("{value:?}"))
    }
}

/// Writes the level of each access line.
struct Levels(SharedBuffer);

impl<S: Subscriber> Layer<S> for Levels {
    fn on_event(&self, event: &Event<'_>, _: LayerContext<'_, S>) {
        if event.metadata().target() == "radiosonde::access" {
            let line = format!("{}\n", event.metadata().level());
            std::io::Write::write_all(&mut self.0.clone(), line.as_bytes()).unwrap();
        }
    }
}

fn request(method: &str, uri: &str, route: Option<&'static str>) -> Request<()> {
    let mut request = Request::builder().method(method).uri(uri).body(()).unwrap();
    if let Some(route) = route {
        request.extensions_mut().insert(Route::new(route));
    }
    request
}

/// Serves requests, each of which takes half a second.
fn serve(
    build: impl FnOnce(ServerLayerBuilder) -> ServerLayerBuilder,
    respond: impl Fn(&Request<()>) -> Response<String>,
    requests: impl IntoIterator<Item = Request<()>>,
) -> Left {
    let (registry, spans, lines) = (Registry::new(), CaptureSpans::new(), SharedBuffer::new());
    let clock = ManualClock::new();
    let pipeline =
        TracePipeline::builder(&Resource::new("test")).sink(spans.clone()).registry(&Registry::new());
    let subscriber =
        tracing_subscriber::registry().with(pipeline.build().unwrap().layer()).with(Levels(lines.clone()));
    let layer =
        build(ServerLayer::builder().registry(&registry).clock(Arc::new(clock.clone()))).build().unwrap();
    let mut service = layer.layer(service_fn(|request: Request<()>| {
        clock.advance(Duration::from_millis(500));
        ready(Ok::<_, Infallible>(respond(&request)))
    }));
    tracing::subscriber::with_default(subscriber, || {
        for request in requests {
            let mut future = std::pin::pin!(service.call(request));
            let Poll::Ready(response) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) else {
                panic!("nothing to wait for");
            };
            let mut body = std::pin::pin!(response.unwrap().into_body());
            let cx = &mut Context::from_waker(Waker::noop());
            while let Poll::Ready(Some(_)) = http_body::Body::poll_frame(body.as_mut(), cx) {}
        }
    });
    Left { text: registry.text(), spans: spans.spans(), lines: lines.lines() }
}

fn ok(_: &Request<()>) -> Response<String> {
    Response::new("fine".to_owned())
}

#[test]
fn names_prefix_and_buckets_are_the_users() {
    let names = ServerNames::classic().prefix("valtronics_api").endpoint_label("path");
    let buckets = Buckets::new([0.2, 1.0]).unwrap();
    let left = serve(|layer| layer.names(names).buckets(buckets), ok, [request("GET", "/a", Some("/a"))]);
    left.has("valtronics_api_requests_total{method=\"GET\",path=\"/a\",status=\"200\"} 1\n");
    left.has("valtronics_api_request_duration_seconds_bucket{method=\"GET\",path=\"/a\",le=\"0.2\"} 0\n");
    left.has("valtronics_api_request_duration_seconds_bucket{method=\"GET\",path=\"/a\",le=\"1\"} 1\n");
    left.has("valtronics_api_requests_in_flight{path=\"/a\"} 0\n");
}

#[test]
fn failed_requests_have_a_counter_of_their_own_if_it_is_named() {
    let respond = |request: &Request<()>| {
        let mut response = Response::new(String::new());
        *response.status_mut() = request.uri().path().trim_start_matches('/').parse().unwrap();
        response
    };
    let requests = || ["/200", "/404", "/500", "/503"].map(|path| request("GET", path, Some("/{status}")));
    let names = ServerNames::classic().errors("aetherra_api_errors_total");
    let zeros = |layer: ServerLayerBuilder| layer.names(names).zero_init([("GET", "/b")]);
    let left = serve(zeros, respond, requests());
    left.has("aetherra_api_errors_total{endpoint=\"/{status}\"} 2\n");
    left.has("aetherra_api_errors_total{endpoint=\"/b\"} 0\n");
    assert!(!serve(|layer| layer, respond, requests()).text.contains("errors_total{endpoint"));
}

#[test]
fn the_otel_profile_has_the_names_of_the_conventions() {
    let respond = |_: &Request<()>| {
        let mut response = Response::new(String::new());
        *response.status_mut() = StatusCode::BAD_GATEWAY;
        response
    };
    let left = serve(|layer| layer.names(ServerNames::otel()), respond, [request("GET", "/a", Some("/a"))]);
    left.has(
        "http_server_request_duration_seconds_count{error_type=\"502\",http_request_method=\"GET\",\
         http_response_status_code=\"502\",http_route=\"/a\",url_scheme=\"http\"} 1\n",
    );
    left.has("http_server_active_requests{http_request_method=\"GET\",url_scheme=\"http\"} 0\n");
    left.has("http_server_response_body_size_bytes_count{http_request_method=\"GET\",http_route=\"/a\"} 1\n");
    assert!(!left.text.contains("requests_total{"), "{}", left.text);
}

#[test]
fn zeros_are_there_before_the_first_request() {
    let left = serve(|layer| layer.zero_init([("GET", "/a"), ("POST", "/b")]), ok, []);
    left.has("http_requests_total{endpoint=\"/a\",method=\"GET\",status=\"200\"} 0\n");
    left.has("http_requests_total{endpoint=\"/b\",method=\"POST\",status=\"500\"} 0\n");
    left.has("http_request_duration_seconds_count{endpoint=\"/a\",method=\"GET\"} 0\n");
}

#[test]
fn excluded_paths_and_signals_that_are_off_leave_nothing() {
    let build = |layer: ServerLayerBuilder| {
        layer.exclude("/healthz", Signals::ALL).exclude("/static/*", Signals::LINE | Signals::SPAN)
    };
    let paths = ["/healthz", "/static/a.css", "/a"];
    let left = serve(build, ok, paths.map(|path| request("GET", path, None)));
    left.has("http_requests_total{endpoint=\"_unmatched\",method=\"GET\",status=\"200\"} 2\n");
    assert_eq!((left.spans.len(), left.lines.len()), (1, 1));

    let left = serve(|layer| layer.signals(Signals::LINE), ok, [request("GET", "/a", None)]);
    assert_eq!((left.text.contains("http_"), left.spans.len(), left.lines.len()), (false, 0, 1));
    let left = serve(|layer| layer.signals(Signals::METRICS), ok, [request("GET", "/a", None)]);
    assert_eq!((left.text.contains("http_"), left.spans.len(), left.lines.len()), (true, 0, 0));
}

#[test]
fn a_further_label_has_a_bounded_number_of_values() {
    fn tenant<'r>(head: &RequestHead<'r>) -> Option<Cow<'r, str>> {
        head.uri.query().map(Cow::from)
    }
    let build = |layer: ServerLayerBuilder| layer.label("tenant", 2, tenant);
    let paths = ["/?a", "/?b", "/?c", "/?d", "/?a", "/"];
    let left = serve(build, ok, paths.map(|path| request("GET", path, None)));
    for (tenant, times) in [("a", 2), ("b", 1), ("_overflow", 2), ("", 1)] {
        let labels = format!("endpoint=\"_unmatched\",method=\"GET\",status=\"200\",tenant=\"{tenant}\"");
        let labels = if tenant.is_empty() { labels.replace(",tenant=\"\"", "") } else { labels };
        assert!(
            left.text.contains(&format!("http_requests_total{{{labels}}} {times}\n"))
                || left.text.contains(&format!("http_requests_total{{{labels},tenant=\"\"}} {times}\n")),
            "{tenant}: {}",
            left.text
        );
    }
}

#[test]
fn the_line_has_the_level_of_its_outcome_and_good_ones_are_sampled() {
    let respond = |request: &Request<()>| {
        let mut response = ok(request);
        *response.status_mut() = request.uri().path()[1..].parse().unwrap();
        response
    };
    let levels = |policy: LinePolicy, statuses: &[u16]| {
        let requests = statuses.iter().map(|status| request("GET", &format!("/{status}"), None));
        serve(|layer| layer.lines(policy), respond, requests).lines
    };
    assert_eq!(levels(LinePolicy::new(), &[200, 404, 503]), ["INFO", "INFO", "ERROR"]);
    assert_eq!(levels(LinePolicy::new().client_errors(Level::WARN), &[200, 404]), ["INFO", "WARN"]);
    assert_eq!(levels(LinePolicy::new().slow(Duration::from_millis(500)), &[200]), ["WARN"]);
    assert_eq!(levels(LinePolicy::new().keep_one_in(3), &[200, 200, 200, 200, 404, 500]).len(), 4);
    let rule = LinePolicy::new().rule(|request| match request.status.map(|status| status.as_u16()) {
        Some(200) => LineChoice::Skip,
        Some(404) => LineChoice::At(Level::DEBUG),
        _ => panic!("the rule panics"),
    });
    assert_eq!(levels(rule, &[200, 404, 500]), ["DEBUG", "ERROR"]);
}

#[test]
fn lines_left_out_are_counted() {
    let policy = LinePolicy::new().keep_one_in(4);
    let requests = (0..8).map(|_| request("GET", "/", None));
    let left = serve(|layer| layer.lines(policy), ok, requests);
    left.has("radiosonde_access_lines_sampled_out_total 6\n");
    assert_eq!(left.lines.len(), 2);
}

#[test]
fn a_span_has_the_attributes_of_the_conventions() {
    let mut incoming = request("BREW", "/pots/7?milk=secret", Some("/pots/{id}"));
    for (name, value) in [
        ("host", "shop.example"),
        ("user-agent", "curl/8"),
        ("x-forwarded-for", "203.0.113.9, 192.0.2.7"),
        ("x-forwarded-proto", "http, https"),
        ("x-tenant", "acme"),
    ] {
        incoming.headers_mut().insert(name, value.parse().unwrap());
    }
    let build = |layer: ServerLayerBuilder| {
        layer
            .trusted_proxies(TrustedProxies::x_forwarded(1))
            .capture_request_headers([HeaderName::from_static("x-tenant")])
    };
    let left = serve(build, ok, [incoming]);
    assert_eq!(left.spans[0].name, "HTTP /pots/{id}");
    for (key, value) in [
        ("http.request.method", "_OTHER"),
        ("http.request.method_original", "BREW"),
        ("http.route", "/pots/{id}"),
        ("url.path", "/pots/7"),
        ("url.query", "milk=REDACTED"),
        ("url.scheme", "https"),
        ("server.address", "shop.example"),
        ("client.address", "192.0.2.7"),
        ("user_agent.original", "curl/8"),
        ("network.protocol.version", "1.1"),
        ("http.request.header.x-tenant", "acme"),
    ] {
        assert!(
            left.attribute(key).is_some_and(|found| found.contains(value)),
            "{key}: {:?}",
            left.attribute(key)
        );
    }
    assert_eq!(left.attribute("server.port").as_deref(), Some("I64(443)"));
    assert_eq!(left.attribute("http.response.status_code").as_deref(), Some("I64(200)"));
}

#[test]
fn a_span_beyond_the_limit_of_endpoints_keeps_its_route() {
    let requests = (0..501).map(|n| {
        let mut request = request("GET", "/", None);
        request.extensions_mut().insert(Route::new(format!("/{n}")));
        request
    });
    let left = serve(|layer| layer, ok, requests);
    left.has("http_requests_total{endpoint=\"_overflow\",method=\"GET\",status=\"200\"} 1\n");
    let last = left.spans.last().unwrap();
    assert_eq!((&*last.name, last.attribute("http.route")), ("GET /500", Some(&"/500".into())));
}

#[test]
fn a_declared_stream_is_no_latency() {
    let respond = |request: &Request<()>| {
        let mut response = ok(request);
        if request.uri().path() == "/poll" {
            response.extensions_mut().insert(Streaming);
        }
        response
    };
    let requests = [request("GET", "/poll", Some("/poll")), request("GET", "/feed", Some("/feed"))];
    let left = serve(|layer| layer.streams(["/feed"]), respond, requests);
    for endpoint in ["/poll", "/feed"] {
        left.has(&format!(
            "http_requests_total{{endpoint=\"{endpoint}\",method=\"GET\",status=\"200\"}} 1\n"
        ));
        left.has(&format!(
            "http_request_duration_seconds_count{{endpoint=\"{endpoint}\",method=\"GET\"}} 0\n"
        ));
        left.has(&format!("http_stream_duration_seconds_sum{{endpoint=\"{endpoint}\"}} 0.5\n"));
        left.has(&format!("http_streams_active{{endpoint=\"{endpoint}\"}} 0\n"));
        let in_flight = format!("http_requests_in_flight{{endpoint=\"{endpoint}\"}}");
        assert!(!left.text.contains(&in_flight) || left.text.contains(&format!("{in_flight} 0\n")));
    }
}

#[test]
fn a_client_that_leaves_a_long_poll_before_its_head_ends_it_normally() {
    let registry = Registry::new();
    let layer = ServerLayer::builder().registry(&registry).streams(["/poll"]).build().unwrap();
    let mut service = layer
        .layer(service_fn(|_: Request<()>| std::future::pending::<Result<Response<String>, Infallible>>()));
    let mut waiting = Box::pin(service.call(request("GET", "/poll", Some("/poll"))));
    assert!(waiting.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    assert!(registry.text().contains("http_streams_active{endpoint=\"/poll\"} 1\n"));
    drop(waiting);
    let text = registry.text();
    for line in [
        "http_streams_active{endpoint=\"/poll\"} 0\n",
        "http_stream_duration_seconds_count{endpoint=\"/poll\"} 1\n",
        "http_requests_total{endpoint=\"/poll\",method=\"GET\",status=\"499\"} 1\n",
        "http_request_duration_seconds_count{endpoint=\"/poll\",method=\"GET\"} 0\n",
    ] {
        assert!(text.contains(line), "no {line} in {text}");
    }
}

#[test]
fn bytes_and_the_time_to_the_head_are_measured() {
    let mut incoming = request("POST", "/a", Some("/a"));
    incoming.headers_mut().insert("content-length", 1234.into());
    let left = serve(ServerLayerBuilder::with_time_to_first_byte, ok, [incoming]);
    left.has("http_request_size_bytes_sum{endpoint=\"/a\",method=\"POST\"} 1234\n");
    left.has("http_response_size_bytes_sum{endpoint=\"/a\",method=\"POST\"} 4\n");
    left.has("http_response_ttfb_seconds_sum{endpoint=\"/a\",method=\"POST\"} 0.5\n");
    let left = serve(ServerLayerBuilder::without_sizes, ok, [request("GET", "/a", None)]);
    assert!(!left.text.contains("size_bytes"), "{}", left.text);
}

#[test]
fn an_annotation_is_a_label_with_the_values_it_may_have() {
    let respond = |request: &Request<()>| {
        match request.uri().path() {
            "/gold" => radiosonde_signals::annotate!(customer.tier = "gold"),
            "/other" => radiosonde_signals::annotate!(customer.tier = "secret-tier-7"),
            _ => {}
        }
        ok(request)
    };
    let build = |layer: ServerLayerBuilder| layer.annotated_label("customer.tier", ["gold", "silver"]);
    let left = serve(build, respond, ["/gold", "/gold", "/other"].map(|path| request("GET", path, None)));
    for (tier, times) in [("gold", 2), ("_OTHER", 1)] {
        left.has(&format!(
            "http_requests_total{{customer_tier=\"{tier}\",endpoint=\"_unmatched\",method=\"GET\",status=\"200\"}} {times}\n"
        ));
    }
    assert!(left.attribute("customer.tier").unwrap().contains("gold"));
}

#[test]
fn an_excluded_request_has_its_ids_all_the_same() {
    let respond = |request: &Request<()>| {
        let id = radiosonde_tower::RequestId::of(request.extensions()).unwrap();
        assert_eq!(id.as_str().len(), 36);
        ok(request)
    };
    let left =
        serve(|layer| layer.exclude("/healthz", Signals::ALL), respond, [request("GET", "/healthz", None)]);
    assert_eq!((left.spans.len(), left.lines.len()), (0, 0));
}

#[test]
fn a_plain_route_that_is_called_as_grpc_answers_plainly() {
    let respond = |request: &Request<()>| {
        let mut response = ok(request);
        *response.status_mut() = request.uri().path()[1..].parse().unwrap();
        response
    };
    let requests = ["/200", "/302", "/404"].map(|path| {
        let mut request = request("GET", path, None);
        request.headers_mut().insert("content-type", "application/grpc".parse().unwrap());
        request
    });
    let left = serve(|layer| layer, respond, requests);
    for status in [200, 302, 404] {
        left.has(&format!(
            "http_requests_total{{endpoint=\"_unmatched\",method=\"GET\",status=\"{status}\"}} 1\n"
        ));
    }
    assert_eq!(left.lines, ["INFO", "INFO", "INFO"]);
}

#[test]
fn an_annotation_does_not_contradict_the_record() {
    let respond = |request: &Request<()>| {
        radiosonde_signals::annotate!(http.route = "spoofed", status = 599, error.type = "none", tier = "gold");
        ok(request)
    };
    let left = serve(|layer| layer, respond, [request("GET", "/a", Some("/a"))]);
    let span = &left.spans[0];
    assert_eq!(span.attribute("http.route"), Some(&"/a".into()));
    assert_eq!((span.attribute("status"), span.attribute("error.type")), (None, None));
    assert_eq!(span.attribute("tier"), Some(&"gold".into()));
}

#[test]
fn an_address_in_version_6_has_no_brackets() {
    let mut incoming = request("GET", "/", None);
    for (name, value) in [("host", "[2001:db8::1]:8080"), ("x-forwarded-for", "::ffff:192.0.2.7")] {
        incoming.headers_mut().insert(name, value.parse().unwrap());
    }
    let left = serve(|layer| layer.trusted_proxies(TrustedProxies::x_forwarded(1)), ok, [incoming]);
    assert_eq!(left.spans[0].attribute("server.address"), Some(&"2001:db8::1".into()));
    assert_eq!(left.spans[0].attribute("client.address"), Some(&"192.0.2.7".into()));
}

#[test]
fn the_line_of_a_refused_grpc_call_is_not_sampled_out() {
    let respond = |_: &Request<()>| {
        let response =
            Response::builder().header("content-type", "application/grpc").header("grpc-status", "7");
        response.body(String::new()).unwrap()
    };
    let requests = (0..3).map(|_| {
        let mut request = request("POST", "/shop.Orders/Get", None);
        request.headers_mut().insert("content-type", "application/grpc".parse().unwrap());
        request
    });
    let left = serve(|layer| layer.lines(LinePolicy::new().keep_one_in(100)), respond, requests);
    assert_eq!(left.lines.len(), 3);
}
