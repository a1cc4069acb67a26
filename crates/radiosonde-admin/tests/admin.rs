//! All parts in one service: mounted in axum, served by hyper, and on a port of its own.
#![cfg(all(feature = "levels", feature = "listener", feature = "requests"))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::future::ready;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};

use axum::Router;
use axum::body::Body;
use http::{Method, Request, StatusCode};
use http_body_util::BodyExt as _;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use radiosonde_admin::{
    AdminOptions, AdminService, Credentials, Health, LevelsOptions, Listener, MetricsOptions, MetricsService,
};
use radiosonde_core::Resource;
use radiosonde_log::{LevelReload, LogFilter};
use radiosonde_metrics::Registry;
use radiosonde_trace::{CaptureSpans, TracePipeline};
use serde_json::Value;
use tower::ServiceExt as _;
use tracing::info_span;
use tracing_subscriber::layer::SubscriberExt as _;

const PATHS: [&str; 6] = ["/metrics", "/livez", "/readyz", "/levels", "/debug/requests", "/"];

fn with_parts(service: AdminService, metrics: MetricsService) -> AdminService {
    let registry = Registry::new();
    let health = Health::builder().registry(&registry).build();
    health.readiness_check("postgres").check(|| ready(Err::<(), _>("password of ada refused")));
    let levels = LevelsOptions::new().service(&LevelReload::new(LogFilter::default()).1);
    let traces = TracePipeline::builder(&Resource::new("orders")).registry(&registry).build().unwrap();
    service.metrics(metrics).health(&health).levels(levels).live_requests(&traces)
}

fn service() -> AdminService {
    with_parts(AdminService::new(), MetricsService::new(&Registry::new()))
}

fn token(token: &str) -> [Credentials; 1] {
    [Credentials::bearer(token).unwrap()]
}

/// The status and the text of an answer.
async fn ask(routes: &Router, method: Method, path: &str, bearer: Option<&str>) -> (u16, String) {
    let mut request = Request::builder().method(method).uri(path);
    if let Some(bearer) = bearer {
        request = request.header("authorization", format!("Bearer {bearer}"));
    }
    let response = routes.clone().oneshot(request.body(Body::from("debug")).unwrap()).await.unwrap();
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

/// The answer to a request over a socket.
fn exchange(address: SocketAddr, request: &str) -> String {
    let mut connection = TcpStream::connect(address).unwrap();
    connection.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    answer
}

fn listen(service: AdminService, address: Ipv4Addr) -> Listener {
    MetricsOptions::new().address((address, 0).into()).listen(service).unwrap().unwrap()
}

/// By way of loopback, whatever the listener's address is.
fn get(listener: &Listener, path: &str, headers: &str) -> String {
    let address = (Ipv4Addr::LOCALHOST, listener.address().port()).into();
    exchange(address, &format!("GET {path} HTTP/1.1\r\nconnection: close\r\n{headers}\r\n"))
}

#[tokio::test]
async fn it_is_nested_in_axum_under_any_prefix() {
    let routes = Router::new()
        .nest_service("/admin", service())
        .nest("/deep", Router::new().nest_service("/internal", service()))
        .route_service("/readyz", service());
    for (path, status) in [
        ("/admin/metrics", 200),
        ("/admin/livez", 200),
        ("/admin/readyz", 503),
        ("/readyz", 503),
        ("/admin/levels", 200),
        ("/admin/debug/requests", 403),
        ("/admin", 200),
        ("/deep/internal/livez", 200),
        ("/admin/livez/", 404),
        ("/admin/metrics2", 404),
    ] {
        assert_eq!(ask(&routes, Method::GET, path, None).await.0, status, "{path}");
    }
    let (_, index) = ask(&routes, Method::GET, "/admin/", None).await;
    let (_, unknown) = ask(&routes, Method::GET, "/admin/else", None).await;
    assert!(index.starts_with("/metrics         metrics for Prometheus\n"), "{index}");
    for path in PATHS {
        assert!(index.contains(path) && unknown.contains(path), "{path}: {index} {unknown}");
    }
}

#[tokio::test]
async fn head_is_answered_and_other_methods_are_refused() {
    let routes = Router::new().fallback_service(service());
    for path in ["/metrics", "/livez", "/readyz", "/levels", "/"] {
        let (status, _) = ask(&routes, Method::GET, path, None).await;
        assert_eq!(ask(&routes, Method::HEAD, path, None).await, (status, String::new()), "{path}");
    }
    for path in ["/metrics", "/livez", "/readyz", "/"] {
        let request = Request::builder().method("PURGE").uri(path).body(Body::empty()).unwrap();
        let response = routes.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED, "{path}");
        assert_eq!(response.headers()["allow"], "GET, HEAD", "{path}");
    }
}

#[tokio::test]
async fn plain_hyper_serves_it_under_a_prefix_that_it_is_told() {
    let socket = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = socket.local_addr().unwrap();
    let service = TowerToHyperService::new(service().prefix("/admin/"));
    let server = tokio::spawn(async move {
        for _ in 0..3 {
            let (connection, _) = socket.accept().await.unwrap();
            let server = hyper::server::conn::http1::Builder::new();
            let _ = server.serve_connection(TokioIo::new(connection), service.clone()).await;
        }
    });
    let client = tokio::task::spawn_blocking(move || {
        ["/admin/livez", "/admin", "/livez"].map(|path| {
            exchange(address, &format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"))
        })
    });
    let [alive, index, unknown] = client.await.unwrap();
    server.await.unwrap();
    assert!(
        alive.starts_with("HTTP/1.1 200 ") && alive.ends_with("{\"status\":\"ok\",\"checks\":{}}\n"),
        "{alive}"
    );
    assert!(index.contains("\n/admin/readyz "), "{index}");
    assert!(unknown.starts_with("HTTP/1.1 404 ") && unknown.contains("/admin/livez"), "{unknown}");
}

#[test]
fn a_listener_serves_every_part() {
    let listener = listen(service(), Ipv4Addr::LOCALHOST);
    let status = |answer: String| answer.split(' ').nth(1).unwrap().to_owned();
    let host = "host: localhost:9464\r\n";
    let found = PATHS.map(|path| status(get(&listener, path, host)));
    assert_eq!(found, ["200", "200", "503", "200", "200", "200"]);
    assert_eq!(status(get(&listener, "/else", host)), "404");

    // Levels are read-only, which is no matter of the body's.
    let body = "content-length: 5\r\nhost: x\r\nconnection: close\r\n\r\ndebug";
    assert_eq!(status(exchange(listener.address(), &format!("PUT /levels HTTP/1.1\r\n{body}"))), "403");
    assert_eq!(status(exchange(listener.address(), &format!("PUT /livez HTTP/1.1\r\n{body}"))), "413");
}

#[test]
fn on_loopback_failures_and_requests_are_shown_and_elsewhere_not() {
    let [local, public] = [Ipv4Addr::LOCALHOST, Ipv4Addr::UNSPECIFIED].map(|at| listen(service(), at));
    for host in ["host: 127.0.0.1:9464\r\n", "host: [::1]\r\n", "host: LOCALHOST\r\n"] {
        assert!(get(&local, "/readyz", host).contains("password of ada"), "{host}");
        assert!(get(&local, "/debug/requests", host).starts_with("HTTP/1.1 200 "), "{host}");
    }
    // As a page would ask whose name resolves to loopback.
    for (listener, host) in [(&local, "host: attacker.example\r\n"), (&public, "host: 127.0.0.1\r\n")] {
        let checks = get(listener, "/readyz", host);
        assert!(
            checks.contains("\"postgres\":{\"status\":\"failing\"") && !checks.contains("ada"),
            "{checks}"
        );
        let refused = get(listener, "/debug/requests", host);
        assert!(
            refused.starts_with("HTTP/1.1 403 ") && refused.contains("no credentials are set up"),
            "{refused}"
        );
        assert!(get(listener, "/metrics", host).starts_with("HTTP/1.1 200 "));
    }
    let open = listen(service().open_to_everybody(), Ipv4Addr::UNSPECIFIED);
    assert!(get(&open, "/debug/requests", "host: x\r\n").starts_with("HTTP/1.1 200 "));
    let closed = listen(service().accept_only(token("root")), Ipv4Addr::LOCALHOST);
    assert!(get(&closed, "/debug/requests", "host: localhost\r\n").starts_with("HTTP/1.1 401 "));
}

#[tokio::test]
async fn credentials_open_everything_and_those_of_a_part_the_part() {
    let metrics = MetricsService::new(&Registry::new()).accept_only(token("prometheus"));
    let options = AdminOptions::new().credentials(token("root"));
    let routes = Router::new().fallback_service(with_parts(options.service(), metrics));
    for (path, stranger, prometheus, root) in [
        ("/metrics", 401, 200, 200),
        ("/levels", 401, 401, 200),
        ("/debug/requests", 401, 401, 200),
        ("/livez", 200, 200, 200),
        ("/readyz", 503, 503, 503),
        ("/", 200, 200, 200),
    ] {
        for (bearer, status) in [(None, stranger), (Some("prometheus"), prometheus), (Some("root"), root)] {
            assert_eq!(ask(&routes, Method::GET, path, bearer).await.0, status, "{path} {bearer:?}");
        }
    }
    assert!(!ask(&routes, Method::GET, "/readyz", Some("prometheus")).await.1.contains("ada"));
    assert!(ask(&routes, Method::GET, "/readyz", Some("root")).await.1.contains("ada"));
    // Levels have no credentials of their own, and are changed with these.
    assert_eq!(ask(&routes, Method::PUT, "/levels", Some("prometheus")).await.0, 401);
    let (status, changed) = ask(&routes, Method::PUT, "/levels", Some("root")).await;
    assert!(status == 200 && changed.contains("\"current\":\"debug\""), "{changed}");

    let nobody = AdminOptions::new().credentials([]).or(options.clone());
    let routes =
        Router::new().fallback_service(with_parts(nobody.service(), MetricsService::new(&Registry::new())));
    assert_eq!(ask(&routes, Method::GET, "/metrics", Some("root")).await.0, 401);
    assert_eq!(ask(&routes, Method::GET, "/livez", None).await.0, 200);
}

#[test]
fn only_parts_that_are_set_up_are_served_and_paths_are_not_shared() {
    let alone = listen(
        MetricsService::new(&Registry::new()).path_in_admin("/internal/metrics").into(),
        Ipv4Addr::LOCALHOST,
    );
    let unknown = get(&alone, "/livez", "host: x\r\n");
    assert!(unknown.ends_with("not found: expected one of /internal/metrics, /\n"), "{unknown}");
    assert!(get(&alone, "/internal/metrics", "host: x\r\n").starts_with("HTTP/1.1 200 "));

    let taken = MetricsService::new(&Registry::new()).path_in_admin("/readyz");
    let error = MetricsOptions::new().port(0).listen(taken).unwrap_err();
    let why = std::error::Error::source(&error).unwrap().to_string();
    assert_eq!(why, "invalid path \"/readyz\": expected one that serves nothing else");
}

#[tokio::test]
async fn requests_in_flight_are_json_or_a_table() {
    let registry = Registry::new();
    let builder = TracePipeline::builder(&Resource::new("orders")).registry(&registry);
    let traces = builder.sink(CaptureSpans::new()).build().unwrap();
    let _subscriber = tracing::subscriber::set_default(tracing_subscriber::registry().with(traces.layer()));
    let _request = info_span!(
        "http_request",
        otel.kind = "server",
        http.request.method = "GET",
        http.route = "/orders/{id}",
        url.path = "/orders/7",
    );
    let service = AdminService::new().live_requests(&traces).open_to_everybody();
    let ask = async |accept: &str, agent: &str| {
        let request = Request::get("/debug/requests").header("accept", accept).header("user-agent", agent);
        let response = service.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        let content_type = response.headers()["content-type"].to_str().unwrap().to_owned();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (content_type, String::from_utf8(body.to_vec()).unwrap())
    };
    for (accept, agent) in [("*/*", "Mozilla/5.0"), ("application/json", "curl/8.5.0")] {
        let (content_type, text) = ask(accept, agent).await;
        assert_eq!(content_type, "application/json", "{accept} {agent}");
        let list: Value = serde_json::from_str(&text).unwrap();
        assert_eq!((&list["total"], &list["are_recorded"]), (&Value::from(1), &Value::from(true)));
        assert_eq!(list["requests"][0]["path"], "/orders/7");
    }
    for (accept, agent) in [("*/*", "curl/8.5.0"), ("text/plain", "")] {
        let (content_type, text) = ask(accept, agent).await;
        assert_eq!(content_type, "text/plain; charset=utf-8", "{accept} {agent}");
        assert!(
            text.contains("GET     /orders/{id}  /orders/7  ")
                && text.ends_with("1 request in flight, 1 shown\n"),
            "{text}"
        );
    }
}
