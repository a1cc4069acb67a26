//! Shows finished spans: to tests.

pub(crate) mod capture_spans;
