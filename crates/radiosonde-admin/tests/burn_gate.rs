//! Readiness that an objective decides, as a probe sees it.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::time::Duration;

use radiosonde_admin::{AdminOptions, Health};
use radiosonde_metrics::Registry;
use radiosonde_metrics::model::Kind;
use radiosonde_signals::{Objectives, Series, Slo};
use radiosonde_testkit::ManualClock;
use tower::ServiceExt as _;

#[tokio::test]
async fn a_budget_that_burns_is_not_ready_until_its_window_is_idle() {
    let (registry, clock) = (Registry::new(), ManualClock::new());
    let orders = registry.counter("orders_total", "Orders.").labels(&["result"]).unwrap();
    let total = Series::of(&registry, "orders_total", Kind::Counter);
    let objectives = Objectives::of(&registry);
    let bad = total.clone().with("result", "failed");
    objectives.declare(Slo::correctness("orders", 99.9, bad, total)).unwrap();
    let health = Health::builder().registry(&registry).build();
    health.gate("orders_budget", objectives.burn_gate("orders", 14.4, Arc::new(clock.clone())));
    let options = AdminOptions::new().open_to_everybody();
    let probe = async || {
        objectives.evaluate(&clock);
        let request = http::Request::get("/readyz").body(axum::body::Body::empty()).unwrap();
        let answer = options.service().health(&health).oneshot(request).await.unwrap();
        let status = answer.status().as_u16();
        let body = http_body_util::BodyExt::collect(answer.into_body()).await.unwrap().to_bytes();
        (status, String::from_utf8(body.to_vec()).unwrap())
    };
    assert_eq!(probe().await.0, 200);
    orders.with(&["failed"]).inc_by(10);
    let (status, body) = probe().await;
    assert!(status == 503 && body.contains("orders_budget") && body.contains("burns at"), "{status} {body}");
    clock.advance(Duration::from_secs(301));
    assert_eq!(probe().await.0, 200);
}
