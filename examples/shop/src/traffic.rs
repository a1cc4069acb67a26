//! The trickle: customers sign up, order, and look at orders. They know nothing of telemetry; traces begin at the gateway. In each minute
//! the payment provider is down for about ten seconds: an objective is missed, and an alert fires and is resolved.

use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, Request};
use http_body_util::BodyExt as _;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use tokio::{select, time};

const PAUSE: Duration = Duration::from_millis(200);

const REQUESTS: [(Method, &str, &str); 10] = [
    (Method::POST, "/signups", r#"{"user":"ada"}"#),
    (
        Method::POST,
        "/orders",
        r#"{"user":"ada","article":"balloon","quantity":1,"method":"card","token":"tok_1"}"#,
    ),
    (Method::GET, "/orders/1", ""),
    // Declined: 402 all the way.
    (
        Method::POST,
        "/orders",
        r#"{"user":"bob","article":"battery","quantity":4,"method":"card","token":"tok_declined"}"#,
    ),
    (
        Method::POST,
        "/orders",
        r#"{"user":"cem","article":"parachute","quantity":2,"method":"bank_transfer","token":"tok_2"}"#,
    ),
    // The provider does not answer: 502 all the way.
    (
        Method::POST,
        "/orders",
        r#"{"user":"ada","article":"balloon","quantity":3,"method":"card","token":"tok_offline"}"#,
    ),
    // A slow query.
    (
        Method::POST,
        "/orders",
        r#"{"user":"dan","article":"battery","quantity":500,"method":"voucher","token":"tok_3"}"#,
    ),
    // A slow provider.
    (
        Method::POST,
        "/orders",
        r#"{"user":"eve","article":"balloon","quantity":1,"method":"card","token":"tok_slow"}"#,
    ),
    // Not there, and not sold here.
    (Method::GET, "/orders/999999", ""),
    (
        Method::POST,
        "/orders",
        r#"{"user":"bob","article":"kite","quantity":1,"method":"card","token":"tok_4"}"#,
    ),
];

/// While the provider is down, no order is paid.
const OUTAGE: [(Method, &str, &str); 2] = [
    (
        Method::POST,
        "/orders",
        r#"{"user":"fay","article":"balloon","quantity":1,"method":"card","token":"tok_offline"}"#,
    ),
    (Method::GET, "/orders/1", ""),
];

/// How many requests there are before, in and after an outage: about 10, 10 and 35 seconds.
const PHASES: [usize; 3] = [40, 40, 130];

fn requests() -> impl Iterator<Item = (Method, &'static str, &'static str)> {
    let [before, outage, after] = PHASES;
    let minute = REQUESTS.into_iter().cycle().take(before);
    let minute = minute.chain(OUTAGE.into_iter().cycle().take(outage));
    minute.chain(REQUESTS.into_iter().cycle().take(after)).cycle()
}

/// Finishes the request that is under way when it is time to stop.
pub(crate) async fn send_until(gateway: SocketAddr, stop: impl Future<Output = ()>) {
    let client = Client::builder(TokioExecutor::new()).build_http::<Body>();
    let mut stop = pin!(stop);
    for (method, path, body) in requests() {
        let request = Request::builder()
            .method(method)
            .uri(format!("http://{gateway}{path}"))
            .header("content-type", "application/json")
            .body(Body::from(body))
            .expect("the requests above are valid");
        select! {
            () = &mut stop => return,
            () = time::sleep(PAUSE) => {}
        }
        // Customers are patient, and do not complain: what went wrong is in the gateway's telemetry.
        if let Ok(response) = client.request(request).await {
            let _ = response.into_body().collect().await;
        }
    }
}
