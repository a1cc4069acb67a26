//! Compressed answers, read by what reads them elsewhere.
#![cfg(all(feature = "gzip", feature = "zstd"))]
#![allow(clippy::unwrap_used, reason = "a failing test panics with its line")]

use std::io::Read as _;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use http_body::Body as _;
use radiosonde_admin::MetricsService;
use radiosonde_metrics::Registry;
use tower_service::Service as _;

/// The body's bytes and its `Content-Encoding`.
fn answer(registry: &Registry, accept_encoding: &str) -> (Vec<u8>, Option<String>) {
    let request = http::Request::get("/metrics").header("accept-encoding", accept_encoding).body(()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let response = runtime.block_on(MetricsService::new(registry).call(request)).unwrap();
    let coding = response.headers().get("content-encoding").map(|coding| coding.to_str().unwrap().to_owned());
    let mut body = pin!(response.into_body());
    let Poll::Ready(Some(Ok(frame))) = body.as_mut().poll_frame(&mut Context::from_waker(Waker::noop()))
    else {
        unreachable!("a body is there at once")
    };
    (frame.into_data().unwrap().to_vec(), coding)
}

#[test]
fn a_compressed_answer_is_the_plain_one() {
    let registry = Registry::new();
    let family = registry.counter("orders_total", "Orders.").labels(&["shop"]).unwrap();
    (0..100).for_each(|shop: i32| family.with(&[&shop.to_string()]).inc());
    let orders = |text: &str| text.lines().filter(|line| line.starts_with("orders_total{")).count();
    let (plain, coding) = answer(&registry, "identity");
    assert_eq!((orders(std::str::from_utf8(&plain).unwrap()), coding), (100, None));

    let (body, coding) = answer(&registry, "gzip, deflate");
    assert_eq!(coding.as_deref(), Some("gzip"));
    assert!(body.len() < plain.len() / 2);
    let mut text = String::new();
    flate2::read::GzDecoder::new(&*body).read_to_string(&mut text).unwrap();
    assert_eq!(orders(&text), 100);

    let (body, coding) = answer(&registry, "gzip, zstd");
    assert_eq!(coding.as_deref(), Some("zstd"));
    let text = zstd::stream::decode_all(&*body).unwrap();
    assert_eq!(orders(std::str::from_utf8(&text).unwrap()), 100);
}
