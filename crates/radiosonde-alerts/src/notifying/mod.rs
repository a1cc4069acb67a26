//! The way from the rules to the handlers.

pub(crate) mod notice_queue;
