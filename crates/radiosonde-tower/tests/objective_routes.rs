//! Objectives for routes and servers: what their work is, and their thresholds as buckets.
#![cfg(feature = "axum")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::convert::Infallible;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Empty};
use radiosonde_metrics::{Buckets, Registry};
use radiosonde_signals::{Counts, Objectives, Slo, Work};
use radiosonde_testkit::ManualClock;
use radiosonde_tower::{ClientLayer, ClientNames, Limiter, ServerLayer, ServerNames};
use tower::{Layer as _, ServiceExt as _, service_fn};

const OWN: Buckets = Buckets::from_static(&[0.1, 1.0]);

fn latency(name: &str, work: Work) -> Slo {
    Slo::latency(name, 99.0, work, Duration::from_millis(333))
}

fn counts(objectives: &Objectives, name: &str) -> Counts {
    objectives.status(name).unwrap().period
}

fn buckets(registry: &Registry, metric: &str) -> Vec<f64> {
    let metrics = registry.descriptors();
    metrics.iter().find(|of| of.name() == metric).unwrap().buckets().unwrap().to_vec()
}

#[tokio::test]
async fn objectives_of_a_route_count_its_requests_by_any_names() {
    for (names, histogram) in [
        (ServerNames::classic(), "http_request_duration_seconds"),
        (ServerNames::otel(), "http_server_request_duration_seconds"),
        (
            ServerNames::classic().prefix("shop_api").endpoint_label("route"),
            "shop_api_request_duration_seconds",
        ),
    ] {
        let (registry, clock) = (Registry::new(), ManualClock::new());
        let objectives = Objectives::of(&registry);
        let order = || Work::route("/orders/{id}");
        let slos = [
            Slo::availability("available", 99.0, order()),
            latency("fast", order()),
            Slo::availability("all", 98.0, Work::http_server()),
        ];
        objectives.declare_all(slos.clone()).unwrap();
        let layer = ServerLayer::builder().registry(&registry).names(names).buckets(OWN);
        let app: Router = Router::new()
            .route("/orders/{id}", get(async || "order"))
            .route("/fails", get(async || StatusCode::BAD_GATEWAY))
            .route("/orders/7", get(async || StatusCode::BAD_GATEWAY))
            .layer(layer.build().unwrap());
        for path in ["/orders/1", "/orders/2", "/orders/7", "/fails", "/nowhere"] {
            let request = Request::get(path).body(Body::empty()).unwrap();
            app.clone().oneshot(request).await.unwrap().into_body().collect().await.unwrap();
        }
        objectives.evaluate(&clock);
        assert_eq!(counts(&objectives, "available"), Counts { total: 2.0, bad: 0.0 }, "{histogram}");
        assert_eq!(counts(&objectives, "fast"), Counts { total: 2.0, bad: 0.0 }, "{histogram}");
        assert_eq!(counts(&objectives, "all"), Counts { total: 5.0, bad: 2.0 }, "{histogram}");
        assert_eq!(buckets(&registry, histogram), [0.1, 0.333, 1.0]);
        assert_eq!(objectives.problems(), []);
        // The same after the work: the threshold is a bucket.
        let route = Work::route("/fails");
        objectives.declare(latency("late", route.clone())).unwrap();
        let later = Slo::latency("too_late", 99.0, Work::route("/a"), Duration::from_millis(200));
        let text = objectives.declare(later).unwrap_err().to_string();
        let expected = format!(
            "invalid objective \"too_late\": histogram {histogram:?} is already declared without the bucket 0.2: \
             expected the objective to be declared before the work, or 0.2 among its buckets [0.1, 0.333, 1.0]"
        );
        assert_eq!(text, expected);
    }
}

#[test]
fn servers_with_prefixes_take_thresholds_of_their_own() {
    let registry = Registry::new();
    let objectives = Objectives::of(&registry);
    objectives.declare(latency("fast", Work::http_server().named("shop"))).unwrap();
    for prefix in ["shop", "admin"] {
        let names = ServerNames::classic().prefix(prefix);
        // Declared again with each clone of a service.
        for _ in 0..2 {
            ServerLayer::builder().registry(&registry).names(names.clone()).buckets(OWN).build().unwrap();
        }
    }
    assert_eq!(buckets(&registry, "shop_request_duration_seconds"), [0.1, 0.333, 1.0]);
    assert_eq!(buckets(&registry, "admin_request_duration_seconds"), [0.1, 1.0]);
    assert_eq!(objectives.problems(), []);
}

#[tokio::test]
async fn objectives_of_a_called_server_count_its_calls() {
    for (names, server, histogram) in [
        (ClientNames::classic(), "bank:8080", "http_client_request_duration_seconds"),
        (ClientNames::otel(), "bank", "http_client_request_duration_seconds"),
    ] {
        let (registry, clock) = (Registry::new(), ManualClock::new());
        let objectives = Objectives::of(&registry);
        let bank = || Work::http_client(server);
        let slos = [Slo::availability("available", 99.0, bank()), latency("fast", bank())];
        objectives.declare_all(slos).unwrap();
        let layer = ClientLayer::builder().registry(&registry).names(names).buckets(OWN).build().unwrap();
        let answer = service_fn(async |request: Request<Empty<&'static [u8]>>| {
            let mut response = Response::new(Empty::<&'static [u8]>::new());
            if request.uri().path() == "/fails" {
                *response.status_mut() = StatusCode::BAD_GATEWAY;
            }
            Ok::<_, Infallible>(response)
        });
        for url in ["http://bank:8080/", "http://bank:8080/fails", "http://mail:8080/fails"] {
            let request = Request::get(url).body(Empty::new()).unwrap();
            let response = layer.layer(answer).oneshot(request).await.unwrap();
            response.into_body().collect().await.unwrap();
        }
        objectives.evaluate(&clock);
        assert_eq!(counts(&objectives, "available"), Counts { total: 2.0, bad: 1.0 }, "{server}");
        assert_eq!(counts(&objectives, "fast"), Counts { total: 2.0, bad: 0.0 }, "{server}");
        assert_eq!(buckets(&registry, histogram), [0.1, 0.333, 1.0]);
        assert_eq!(objectives.problems(), []);
    }
}

#[test]
fn waits_at_a_limiter_take_thresholds() {
    let registry = Registry::new();
    Objectives::of(&registry).declare(latency("wait", Work::limiter("orders"))).unwrap();
    for name in ["orders", "mails"] {
        Limiter::builder(name).registry(&registry).build().unwrap();
    }
    assert!(buckets(&registry, "http_queue_wait_seconds").contains(&0.333));
    assert_eq!(Objectives::of(&registry).problems(), []);
}
