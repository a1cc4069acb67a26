//! A diagnostics hook that calls the reported function. It would wait for itself if the report were made while the operation
//! is created.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::mpsc;
use std::time::Duration;

use radiosonde_core::diagnostics;
use radiosonde_metrics::Registry;
use radiosonde_signals::observe;

mod orders {
    #[super::observe]
    pub(crate) fn price() {}
}

mod stock {
    #[super::observe]
    pub(crate) fn price() {}
}

#[test]
fn the_hook_may_call_the_function_that_is_reported() {
    diagnostics::set_hook(|_| stock::price());
    let (done, is_done) = mpsc::channel();
    std::thread::spawn(move || {
        orders::price();
        stock::price();
        done.send(())
    });
    assert_eq!(is_done.recv_timeout(Duration::from_secs(20)), Ok(()), "the hook waits for itself");
    let completed = [("operation", "price"), ("outcome", "completed")];
    assert_eq!(Registry::global().snapshot().sum("operation_calls_total", &completed), 3.0);
}
