//! Loki's push protocol: entries, requests, and what its responses mean.

mod classify;
pub(crate) mod entry;
pub(crate) mod proto;
pub(crate) mod protocol;
