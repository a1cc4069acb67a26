//! Shows finished spans: to tests, and on a console.

pub(crate) mod assert_trace;
pub(crate) mod capture_spans;
pub(crate) mod console_traces;
mod difference;
pub(crate) mod expected_span;
mod forest;
mod pending_traces;
mod text;
mod waterfall;
