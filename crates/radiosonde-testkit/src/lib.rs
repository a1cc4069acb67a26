#![doc = include_str!("../README.md")]

mod assert_metric;
mod counting_allocator;
mod http_fake;
mod manual_clock;
mod samples;
mod shared_buffer;

pub use assert_metric::NotOneSample;
pub use counting_allocator::CountingAllocator;
pub use http_fake::{HttpFake, Reaction, RecordedRequest, TooFewRequests};
pub use manual_clock::ManualClock;
pub use samples::Samples;
pub use shared_buffer::SharedBuffer;
