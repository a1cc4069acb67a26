#![doc = include_str!("../README.md")]

mod assert_metric;
mod http_fake;
mod manual_clock;
mod samples;
mod shared_buffer;

pub use assert_metric::NotOneSample;
pub use http_fake::{HttpFake, Reaction, RecordedRequest, TooFewRequests};
pub use manual_clock::ManualClock;
pub use samples::Samples;
pub use shared_buffer::SharedBuffer;
