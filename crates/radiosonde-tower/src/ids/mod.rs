//! The ids that travel with a request.

pub(crate) mod generate_id;
pub(crate) mod id_header;
pub(crate) mod id_options;
pub(crate) mod request_id;
