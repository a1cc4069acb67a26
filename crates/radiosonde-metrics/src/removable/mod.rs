//! Families whose series can be removed: by hand, with a guard, or by expiry.

pub(crate) mod data;
pub(crate) mod dyn_family;
pub(crate) mod entry;
pub(crate) mod epochs;
pub(crate) mod family;
pub(crate) mod scoped;
pub(crate) mod slots;
pub(crate) mod table;

pub use dyn_family::RemovableDynFamily;
pub use family::RemovableFamily;
pub use scoped::Scoped;
