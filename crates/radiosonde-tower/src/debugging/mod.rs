//! Debug requests, which have a signed header.

mod forwarding;
mod granted;
pub(crate) mod key;
pub(crate) mod requests;

pub(crate) use forwarding::Forwarding;
pub(crate) use granted::Granted;
pub(crate) use requests::{DebugRequests, DebugVerifier};
