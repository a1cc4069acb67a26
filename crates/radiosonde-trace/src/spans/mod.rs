pub(crate) mod attribute;
mod decoding;
pub(crate) mod encoded_span;
mod encoding;
pub(crate) mod finished_span;
mod pool;
pub(crate) mod span_sink;
pub(crate) mod wire;
