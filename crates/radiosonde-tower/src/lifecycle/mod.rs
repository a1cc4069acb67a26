//! The guard of one exchange, which moves from the call to the response's future to its body.

pub(crate) mod exchange;
pub(crate) mod request_outcome;
pub(crate) mod response_body;
pub(crate) mod response_future;
