//! The template of a request's path.

#[cfg_attr(not(feature = "axum"), path = "matched_path_off.rs")]
pub(crate) mod matched_path;
pub(crate) mod route;
