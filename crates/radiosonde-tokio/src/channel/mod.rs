//! Channels with the golden signals of a queue.

mod block_on;
mod envelope;
pub(crate) mod receiver;
pub(crate) mod sender;
pub(crate) mod unbounded_sender;
