//! The route template from axum's router, including nested ones.
#![cfg(feature = "axum")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use http::Request;
use http_body_util::BodyExt as _;
use radiosonde_metrics::Registry;
use radiosonde_tower::{CorrelationId, RequestId, ServerLayer};
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

async fn get_all(app: &Router, paths: &[&str]) {
    for path in paths {
        let request = Request::get(*path).body(Body::empty()).unwrap();
        app.clone().oneshot(request).await.unwrap().into_body().collect().await.unwrap();
    }
}

#[tokio::test]
async fn a_route_layer_a_fallback_and_a_nested_service_are_bounded() {
    let registry = Registry::new();
    let layer = ServerLayer::builder().registry(&registry).build().unwrap();
    // As a service, the inner router keeps its templates to itself, unless a layer of its own reports them.
    let inner: Router = Router::new().route("/items/{item}", get(async || "item")).layer(layer.clone());
    let routed: Router =
        Router::new().route("/routed/{id}", get(async || "routed")).route_layer(layer.clone());
    let app: Router = Router::new()
        .nest_service("/shop", inner)
        .fallback(async || "nothing here")
        .layer(layer)
        .merge(routed);
    get_all(&app, &["/shop/items/7", "/shop/items/8", "/else/1", "/else/2", "/routed/1"]).await;
    let text = registry.text();
    for (endpoint, times) in [("/shop/items/{item}", 2), ("_unmatched", 2), ("/routed/{id}", 1)] {
        let line =
            format!("http_requests_total{{endpoint=\"{endpoint}\",method=\"GET\",status=\"200\"}} {times}\n");
        assert!(text.contains(&line), "no {line} in {text}");
    }
    assert!(!text.contains("http_requests_in_flight{endpoint=\"_unmatched\"} 1"), "{text}");
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

#[tokio::test]
async fn handlers_take_the_ids_as_arguments() {
    let handler = async |request: RequestId, correlation: CorrelationId| format!("{request} {correlation}");
    let layer = ServerLayer::builder().registry(&Registry::new()).build().unwrap();
    let app: Router = Router::new()
        .route("/ids", get(handler))
        .layer(layer)
        .route("/optional", get(async |id: Option<RequestId>| format!("{}", id.is_some())))
        .route("/outside", get(async |id: RequestId| id.to_string()));
    for (path, status, body) in [
        ("/ids", 200, "req_123 abc123"),
        ("/optional", 200, "false"),
        ("/outside", 500, "the route is outside of a ServerLayer, which makes the ids of requests"),
    ] {
        let request =
            Request::get(path).header("x-request-id", "req_123").header("x-correlation-id", "abc123");
        let response = app.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(response.status(), status);
        assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), body);
    }
}
