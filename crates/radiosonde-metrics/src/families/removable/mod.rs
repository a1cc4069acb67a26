//! Families whose series may go again: removed, dropped with a guard, or expired.

pub(crate) mod data;
pub(crate) mod entry;
pub(crate) mod family;
pub(crate) mod grace;
pub(crate) mod life;
pub(crate) mod scoped;
pub(crate) mod slots;
pub(crate) mod table;
pub(crate) mod vector;
