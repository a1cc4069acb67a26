//! Shows spans: to tests, on a console, and those that are open.

pub(crate) mod assert_trace;
pub(crate) mod capture_spans;
pub(crate) mod console_traces;
mod difference;
pub(crate) mod expected_span;
mod forest;
pub(crate) mod live_span;
mod pending_traces;
mod text;
mod waterfall;
