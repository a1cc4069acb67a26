//! The spans that a thread has entered.

pub(crate) mod by_hand;
pub(crate) mod outer_context;
pub(crate) mod promoted_entries;
pub(crate) mod stack;
