//! The router that every contender wraps, and the request that is answered.

use std::hint::black_box;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use axum::Router;
use axum::body::Body;
use axum::extract::Path;
use axum::routing::get;
use http::{HeaderValue, Request};
use http_body::Body as _;
use tower::Service as _;

pub const SERVICE: &str = "compare";

/// The route of the request.
pub const ROUTE: &str = "/orders/{id}/items";

const RESOURCES: [&str; 10] = [
    "orders", "customers", "invoices", "products", "baskets", "payments", "refunds", "stocks", "suppliers",
    "users",
];

/// 21 routes: two of each resource, and one for health.
pub fn router() -> Router {
    let router = Router::new().route("/health", get(|| async { "ok" }));
    RESOURCES.into_iter().fold(router, |router, resource| {
        router
            .route(&format!("/{resource}"), get(|| async { "all" }))
            .route(&format!("/{resource}/{{id}}/items"), get(|Path(id): Path<u64>| async move { items(id) }))
    })
}

fn items(id: u64) -> &'static str {
    black_box(id);
    black_box("three items")
}

/// A request as it comes from a gateway, with six headers.
pub fn request() -> Request<()> {
    let mut request = Request::new(());
    // Not a static text: a server's are slices of what it has read.
    *request.uri_mut() = "/orders/1234567/items".to_owned().parse().unwrap();
    let pairs = [
        ("host", "orders.example.com"),
        ("user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:133.0)"),
        ("accept", "application/json"),
        ("accept-encoding", "gzip, br"),
        ("accept-language", "en"),
        ("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
    ];
    for (name, value) in pairs {
        let value = HeaderValue::from_maybe_shared(bytes::Bytes::from(value.to_owned())).unwrap();
        request.headers_mut().insert(name, value);
    }
    request
}

/// Answers the request and reads the response to its end. Nothing in the scene waits.
pub fn answer(router: &mut Router, request: &Request<()>) {
    let request = request.clone().map(|()| Body::empty());
    let mut context = Context::from_waker(Waker::noop());
    let Poll::Ready(response) = pin!(router.call(request)).poll(&mut context) else { unreachable!() };
    let Ok(response) = response;
    assert_eq!(response.status(), 200);
    let (head, mut body) = response.into_parts();
    while let Poll::Ready(Some(frame)) = Pin::new(&mut body).poll_frame(&mut context) {
        black_box(frame.is_ok());
    }
    black_box(head);
}
