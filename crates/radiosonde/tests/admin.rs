//! What a process serves about itself. There is one set-up in a process, and so one test.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::convert::Infallible;
use std::future::pending;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::pin::pin;
use std::task::{Context, Waker};
use std::time::Duration;

use http::{Request, Response};
use radiosonde::tower::Route;
use radiosonde::trace::CaptureSpans;
use radiosonde::{Registry, Telemetry};
use tower::{Layer as _, ServiceExt as _, service_fn};

fn get(telemetry: &Telemetry, path: &str) -> String {
    let mut connection = TcpStream::connect(telemetry.admin_address().unwrap()).unwrap();
    write!(connection, "GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn a_process_shows_its_requests_in_flight_and_is_not_ready_at_its_end() {
    let telemetry = radiosonde::builder()
        .service_name("orders")
        .registry(&Registry::new())
        .panic_hook(None)
        .metrics(|metrics| metrics.port(0))
        .traces(|traces| traces.sink(CaptureSpans::new()))
        .init()
        .unwrap();
    telemetry.health().readiness_check("postgres").check(|| async { Ok::<(), String>(()) });

    let hangs = service_fn(|_: Request<String>| pending::<Result<Response<String>, Infallible>>());
    let request = Request::get("/orders/7?token=hunter2").header("x-request-id", "req_123");
    let request = request.extension(Route::new("/orders/{id}")).body(String::new()).unwrap();
    let mut call = pin!(telemetry.server_layer().layer(hangs).oneshot(request));
    assert!(call.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());

    let shown = get(&telemetry, "/debug/requests");
    for part in ["GET", "/orders/{id}", "\"path\":\"/orders/7\"", "req_123", "\"total\":1"] {
        assert!(shown.contains(part), "{part} in {shown}");
    }
    assert!(!shown.contains("hunter2"), "{shown}");

    assert!(get(&telemetry, "/metrics").contains("\nhttp_requests_in_flight{"));
    assert!(get(&telemetry, "/levels").contains("\"current\":\"info\""));
    let ready = get(&telemetry, "/readyz");
    assert!(
        ready.starts_with("HTTP/1.1 200 ") && ready.contains("\"postgres\":{\"status\":\"ok\""),
        "{ready}"
    );
    assert!(get(&telemetry, "/metrics").contains("\nhealth_check_status{check=\"postgres\"} 1\n"));

    telemetry.shutdown_blocking(Duration::from_secs(5));
    let ready = get(&telemetry, "/readyz");
    assert!(ready.starts_with("HTTP/1.1 503 ") && ready.contains("\"status\":\"not_ready\""), "{ready}");
    assert!(get(&telemetry, "/livez").starts_with("HTTP/1.1 200 "));
}
