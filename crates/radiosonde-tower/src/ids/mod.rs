//! The ids that travel with a request.

pub(crate) mod request_id;
