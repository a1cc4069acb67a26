//! Carries the current span to where work continues: other threads, tasks, and receivers of messages.

pub(crate) mod carried_context;
pub(crate) mod carry;
pub(crate) mod traced;
