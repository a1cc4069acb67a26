//! An `https` endpoint in a program that is built without the feature `tls`.
#![cfg(not(feature = "tls"))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod plain;

use plain::{DEADLINE, HttpOptions, Plain, delivery, quick};

#[test]
fn an_https_endpoint_is_refused_and_the_feature_is_named() {
    let (delivery, _) = delivery();
    let error = delivery.sink(quick("x"), &HttpOptions::new(), Plain::at("https://localhost:1")).unwrap_err();
    assert!(error.to_string().contains("the feature \"tls\""), "{error}");
    delivery.shutdown_blocking(DEADLINE);
}
