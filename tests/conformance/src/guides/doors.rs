//! What several guides have.

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use axum::routing::get;
use http_body_util::BodyExt as _;
use radiosonde_metrics::{Buckets, Registry};
use radiosonde_signals::{Database, DatabaseNames, PoolState};
use radiosonde_tower::{ServerLayer, ServerNames};
use tower::ServiceExt as _;

use crate::guides::table::Kept;

/// A request that ends, one that fails, and one that is in flight.
pub(crate) fn serve(registry: &Registry, names: ServerNames, buckets: &[f64]) -> Kept {
    let layer =
        ServerLayer::builder().registry(registry).names(names).buckets(Buckets::new(buckets).unwrap());
    let app: Router = Router::new()
        .route("/orders/{id}", get(async || "an order"))
        .route("/payments", get(async || StatusCode::BAD_GATEWAY))
        .layer(layer.build().unwrap());
    let ask = async |path: &str| {
        let request = Request::get(path).body(Body::empty()).unwrap();
        app.clone().oneshot(request).await.unwrap()
    };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        for path in ["/orders/7", "/payments"] {
            ask(path).await.into_body().collect().await.unwrap();
        }
        Box::new(ask("/orders/8").await) as Kept
    })
}

/// A query, and a pool with three connections in use, two idle ones, and room for twenty.
pub(crate) fn query(registry: &Registry, names: DatabaseNames, namespace: &'static str) -> Kept {
    let state = || PoolState { active: 3, idle: 2, max: 20, waiting: None };
    let builder = Database::builder("orders").registry(registry).names(names).namespace(namespace);
    builder.pool(state).build().unwrap().query("select").run_infallible(|| ());
    Box::new(())
}
