//! From a real Alertmanager: its webhooks, as a tower service.

pub(crate) mod builder;
mod dispatching;
mod guarded;
pub(crate) mod handler;
pub(crate) mod message;
pub(crate) mod receiver;
mod refusal;
mod request;
mod self_metrics;
mod timekeeper;
