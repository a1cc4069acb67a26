//! One service for all that a process serves about itself.

pub(crate) mod future;
#[cfg_attr(not(feature = "levels"), path = "levels_part_off.rs")]
mod levels_part;
pub(crate) mod options;
mod parts;
mod place;
#[cfg_attr(not(feature = "requests"), path = "requests_part_off.rs")]
mod requests_part;
pub(crate) mod service;
mod trust;
#[cfg(feature = "levels")]
mod with_levels;
#[cfg(feature = "listener")]
mod with_listener;
#[cfg(feature = "requests")]
mod with_requests;
