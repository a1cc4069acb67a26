//! The real three services, without backends.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod one_alert;
mod one_transaction;
mod ops;
mod process;
