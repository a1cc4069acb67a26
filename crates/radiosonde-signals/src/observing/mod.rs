//! What the expansion of `#[observe]` calls.

pub(crate) mod hooks;
pub(crate) mod kept;
pub(crate) mod kinds;
pub(crate) mod named;
