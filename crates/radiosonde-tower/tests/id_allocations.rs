//! What the ids of a request cost: the value of the response's headers.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::convert::Infallible;
use std::future::ready;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use http::{HeaderValue, Request, Response};
use http_body_util::Empty;
use radiosonde_metrics::Registry;
use radiosonde_testkit::CountingAllocator;
use radiosonde_tower::{CORRELATION_ID, REQUEST_ID, ServerLayer};
use tower::{Layer as _, Service as _, service_fn};

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

type Answer = Response<Empty<&'static [u8]>>;

#[test]
fn both_ids_of_a_request_cost_one_allocation() {
    let layer = ServerLayer::builder().registry(&Registry::new()).build().unwrap();
    let mut service = layer.layer(service_fn(|_: Request<()>| ready(Ok::<_, Infallible>(Answer::default()))));
    let recorded = CountingAllocator::per_call(|| {
        let mut response = pin!(service.call(Request::new(())));
        let mut cx = Context::from_waker(Waker::noop());
        let Poll::Ready(Ok(response)) = response.as_mut().poll(&mut cx) else { unreachable!() };
        assert_eq!(response.headers().len(), 2);
    });
    // The maps of extensions and headers, which a server has made already.
    let by_hand = CountingAllocator::per_call(|| {
        let (mut request, mut response) = (Request::new(()), Answer::default());
        request.extensions_mut().insert([0_u8; 64]);
        response.headers_mut().insert(REQUEST_ID, HeaderValue::from_static("1"));
        response.headers_mut().insert(CORRELATION_ID, HeaderValue::from_static("1"));
    });
    assert!((recorded - by_hand - 1.0).abs() < f64::EPSILON, "{recorded} instead of {by_hand} and one");
}
