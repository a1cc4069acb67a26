//! A client layer around the routes of a server is reported: its types fit, so it compiles.
#![cfg(feature = "axum")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use http::Request;
use radiosonde_core::diagnostics;
use radiosonde_metrics::Registry;
use radiosonde_tower::ClientLayer;
use tower::{Layer as _, ServiceExt as _, service_fn};

#[tokio::test]
async fn a_client_layer_around_routes_is_reported_once() {
    let reports = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&reports);
    diagnostics::set_hook(move |diagnostic| seen.lock().unwrap().push(diagnostic.to_string()));
    let layer = ClientLayer::builder().registry(&Registry::new()).build().unwrap();

    // A proxy sends on the request that a router matched, with the server that it goes to.
    let forward = layer.clone().layer(service_fn(async |_: Request<Body>| {
        Ok::<_, std::convert::Infallible>(http::Response::new(Body::empty()))
    }));
    let proxy: Router = Router::new().route(
        "/orders/{id}",
        get(async |mut request: Request<Body>| {
            *request.uri_mut() = "http://orders.test/orders/7".parse().unwrap();
            forward.oneshot(request).await.unwrap().map(Body::new)
        }),
    );
    proxy.oneshot(Request::get("/orders/7").body(Body::empty()).unwrap()).await.unwrap();
    assert!(reports.lock().unwrap().is_empty());

    let app: Router = Router::new().route("/orders/{id}", get(async || "order")).layer(layer);
    for _ in 0..3 {
        app.clone().oneshot(Request::get("/orders/7").body(Body::empty()).unwrap()).await.unwrap();
    }
    let reports = reports.lock().unwrap();
    assert_eq!(reports.len(), 1, "{reports:?}");
    assert!(reports[0].contains("use ServerLayer"), "{reports:?}");
}
