#![doc = include_str!("../README.md")]

mod channel;
mod runtime;

pub use channel::receiver::Receiver;
pub use channel::sender::{Sender, channel};
pub use channel::unbounded_sender::{UnboundedSender, unbounded_channel};
pub use runtime::tokio_runtime::TokioRuntime;
