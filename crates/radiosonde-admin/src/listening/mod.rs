//! The service on a port of its own.

#[cfg_attr(not(feature = "tls"), path = "acceptor_off.rs")]
mod acceptor;
mod connection;
mod connection_limit;
mod handshake;
pub(crate) mod listener;
pub(crate) mod options;
pub(crate) mod tls;
mod write_deadline;
