//! Allocations of reading and writing trace context.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use http::HeaderMap;
use radiosonde_testkit::CountingAllocator;
use radiosonde_trace::extract;

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

#[test]
fn reading_a_traceparent_allocates_nothing_and_writing_it_once() {
    let mut received = HeaderMap::new();
    let value = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    received.insert("traceparent", value.parse().unwrap());
    let mut sent = received.clone();
    let context = extract(&received).unwrap();

    let reading = CountingAllocator::per_call(|| drop(extract(&received).unwrap()));
    let writing = CountingAllocator::per_call(|| context.inject(&mut sent));
    assert!(reading == 0.0 && (writing - 1.0).abs() < f64::EPSILON, "{reading}, {writing}");
    assert_eq!(sent, received);
}
