pub(crate) mod attribute;
pub(crate) mod decoding;
pub(crate) mod encoded_span;
pub(crate) mod encoding;
pub(crate) mod finished_span;
pub(crate) mod pool;
pub(crate) mod span_sink;
pub(crate) mod wire;
