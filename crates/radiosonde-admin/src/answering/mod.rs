//! Responses, refusals and credentials of every service.

pub(crate) mod access;
pub(crate) mod body;
pub(crate) mod credentials;
#[cfg(feature = "serde")]
pub(crate) mod deserialize;
#[cfg(feature = "serde")]
pub(crate) mod deserialize_list;
pub(crate) mod in_flight;
pub(crate) mod refusal;
