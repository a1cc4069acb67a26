//! Which keys a line has, and where they stand.

pub(crate) mod schema;
pub(crate) mod slot;
