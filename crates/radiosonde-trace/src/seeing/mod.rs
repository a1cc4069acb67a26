//! Shows finished spans: to tests.

mod capture_spans;

pub use capture_spans::CaptureSpans;
