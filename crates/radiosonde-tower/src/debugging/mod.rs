//! Debug requests, which have a signed header.

mod granted;
pub(crate) mod key;
pub(crate) mod requests;

pub(crate) use granted::{Granted, forward};
pub(crate) use requests::{DebugRequests, DebugVerifier};
