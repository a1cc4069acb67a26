//! The route template from axum's router, including nested ones.
#![cfg(feature = "axum")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use http::Request;
use http_body_util::BodyExt as _;
use radiosonde_metrics::Registry;
use radiosonde_tower::ServerLayer;
use tower::ServiceExt as _;

#[tokio::test]
async fn endpoints_are_route_templates() {
    let registry = Registry::new();
    let items = Router::new().route("/items/{item}", get(async || "item"));
    let app: Router = Router::new()
        .route("/", get(async || "root"))
        .route("/orders/{id}", get(async || "order"))
        .nest("/orders/{id}", items)
        .layer(ServerLayer::builder().registry(&registry).build().unwrap());
    for path in ["/", "/orders/1", "/orders/2", "/orders/2/items/3", "/nowhere", "/nowhere/else"] {
        let request = Request::get(path).body(Body::empty()).unwrap();
        app.clone().oneshot(request).await.unwrap().into_body().collect().await.unwrap();
    }
    let text = registry.text();
    for (endpoint, status, times) in [
        ("/", 200, 1),
        ("/orders/{id}", 200, 2),
        ("/orders/{id}/items/{item}", 200, 1),
        ("_unmatched", 404, 2),
    ] {
        let line = format!(
            "http_requests_total{{endpoint=\"{endpoint}\",method=\"GET\",status=\"{status}\"}} {times}\n"
        );
        assert!(text.contains(&line), "no {line} in {text}");
    }
}

#[tokio::test]
async fn a_head_request_is_complete_though_axum_takes_its_body() {
    let registry = Registry::new();
    let app: Router = Router::new()
        .route("/orders/{id}", get(async || "order"))
        .layer(ServerLayer::builder().registry(&registry).build().unwrap());
    let request = Request::head("/orders/1").body(Body::empty()).unwrap();
    app.oneshot(request).await.unwrap().into_body().collect().await.unwrap();
    let line = "http_requests_total{endpoint=\"/orders/{id}\",method=\"HEAD\",status=\"200\"} 1\n";
    assert!(registry.text().contains(line), "{}", registry.text());
}
