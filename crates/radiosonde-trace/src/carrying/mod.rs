//! Carries the current span to where work continues: other threads, tasks, and receivers of messages.

mod traced;

pub use traced::Traced;
