//! gRPC in a program that is built without the feature `grpc`.
#![cfg(not(feature = "grpc"))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::time::Duration;

use radiosonde_core::Resource;
use radiosonde_delivery::Delivery;
use radiosonde_metrics::Registry;
use radiosonde_otlp::{OtlpOptions, OtlpProtocol};

#[test]
fn grpc_is_refused_and_the_feature_is_named() {
    assert!(!OtlpProtocol::Grpc.is_available());
    let delivery = Delivery::builder().registry(&Registry::new()).start().unwrap();
    let options = OtlpOptions::default().protocol(OtlpProtocol::Grpc);
    let error = options.build_spans(&Resource::new("x"), &delivery).unwrap_err();
    assert!(error.to_string().contains("the feature \"grpc\""), "{error}");
    delivery.shutdown_blocking(Duration::from_secs(5));
}
