//! A protocol that needs HTTP/2 in a program that is built without the feature `http2`.
#![cfg(not(feature = "http2"))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod plain;

use plain::{DEADLINE, HttpOptions, Plain, delivery, quick};

#[test]
fn a_sink_that_needs_http2_is_refused_and_the_feature_is_named() {
    let (delivery, _) = delivery();
    let error =
        delivery.sink(quick("x"), &HttpOptions::new(), Plain::http2("http://localhost:1")).unwrap_err();
    assert!(error.to_string().contains("the feature \"http2\""), "{error}");
    delivery.shutdown_blocking(DEADLINE);
}
