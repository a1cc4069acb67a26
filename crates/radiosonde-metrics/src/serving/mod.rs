//! Answering scrapes.

#[cfg(feature = "listener")]
pub(crate) mod listener;
pub(crate) mod service;
#[cfg(feature = "listener")]
mod write_deadline;
