//! The template of a request's path.

pub(crate) mod find_label;
pub(crate) mod find_route;
#[cfg_attr(not(feature = "axum"), path = "matched_path_off.rs")]
pub(crate) mod matched_path;
pub(crate) mod request_head;
pub(crate) mod route;
