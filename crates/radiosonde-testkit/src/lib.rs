#![doc = include_str!("../README.md")]

mod http_fake;
mod manual_clock;

pub use http_fake::{HttpFake, Reaction, RecordedRequest, TooFewRequests};
pub use manual_clock::ManualClock;
