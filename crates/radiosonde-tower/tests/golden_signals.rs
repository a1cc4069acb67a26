//! The golden signals of servers, clients and limiters, read by their names.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::convert::Infallible;

use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Empty};
use radiosonde_metrics::Registry;
use radiosonde_signals::{GoldenSignals, Limit};
use radiosonde_tower::{ClientLayer, ClientNames, Limiter, ServerLayer, ServerNames};
use tower::{Layer, Service, ServiceExt as _, service_fn};

type Body = Empty<&'static [u8]>;

/// Answers with the status that the path names; closes the connection for any other path.
async fn answer(request: Request<Body>) -> Result<Response<Body>, &'static str> {
    let status = request.uri().path().trim_start_matches('/').parse::<u16>().map_err(|_| "closed")?;
    let mut response = Response::new(Body::new());
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    Ok(response)
}

async fn call<S, B>(service: S, paths: &[&str])
where
    S: Service<Request<Body>, Response = Response<B>> + Clone,
    B: http_body::Body<Error: std::fmt::Debug>,
{
    for path in paths {
        let request = Request::get(format!("http://orders{path}")).body(Body::new()).unwrap();
        if let Ok(response) = service.clone().oneshot(request).await {
            response.into_body().collect().await.unwrap();
        }
    }
}

fn errors_of_traffic(registry: &Registry, kind: &str) -> (f64, f64) {
    let signals = GoldenSignals::of(registry).into_iter().find(|signals| signals.kind() == kind).unwrap();
    let now = registry.snapshot();
    assert_eq!(signals.latency().unwrap().sum(&now), signals.traffic().unwrap().sum(&now));
    assert_eq!(*signals.saturation().unwrap().limit(), Limit::Unknown);
    assert_eq!(signals.saturation().unwrap().in_use().sum(&now), 0.0);
    (signals.errors().unwrap().sum(&now), signals.traffic().unwrap().sum(&now))
}

const PATHS: &[&str] = &["/200", "/200", "/404", "/500", "/503", "/closed"];

#[tokio::test]
async fn errors_of_a_server_are_the_statuses_of_the_class_5xx() {
    for names in [ServerNames::classic(), ServerNames::otel(), ServerNames::classic().prefix("shop_api")] {
        let registry = Registry::new();
        let layer = ServerLayer::builder().registry(&registry).names(names).build().unwrap();
        call(layer.layer(service_fn(answer)), PATHS).await;
        assert_eq!(errors_of_traffic(&registry, "http_server"), (3.0, 6.0));
    }
}

#[tokio::test]
async fn errors_of_a_client_are_those_of_servers_and_missing_responses() {
    for (names, errors) in [(ClientNames::classic(), 3.0), (ClientNames::otel(), 4.0)] {
        let registry = Registry::new();
        let layer = ClientLayer::builder().registry(&registry).names(names).build().unwrap();
        call(layer.layer(service_fn(answer)), PATHS).await;
        assert_eq!(errors_of_traffic(&registry, "http_client"), (errors, 6.0));
    }
}

#[tokio::test]
async fn the_saturation_of_a_limiter_is_the_share_of_its_permits_in_use() {
    let registry = Registry::new();
    let limiter = Limiter::builder("orders").registry(&registry).build().unwrap();
    let service = service_fn(async |()| Ok::<_, Infallible>(()));
    let mut limited = limiter.concurrency_limit(4).layer(service);
    let response = limited.ready().await.unwrap().call(());
    let signals = GoldenSignals::of(&registry);
    assert_eq!((signals[0].kind(), signals[0].name()), ("limiter", "orders"));
    assert_eq!(signals[0].saturation().unwrap().share(&registry.snapshot()), Some(0.25));
    response.await.unwrap();
    assert_eq!(signals[0].saturation().unwrap().share(&registry.snapshot()), Some(0.0));
}
