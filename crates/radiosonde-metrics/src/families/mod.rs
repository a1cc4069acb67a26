//! The series of a name: how they are found, and how many there may be.

pub(crate) mod bounded;
pub(crate) mod dense;
pub(crate) mod family;
pub(crate) mod family_data;
pub(crate) mod initialise;
pub(crate) mod key;
#[cfg(all(test, loom))]
mod models;
pub(crate) mod removable;
pub(crate) mod rendered;
pub(crate) mod series;
pub(crate) mod short_key;
pub(crate) mod table;
pub(crate) mod text_map;
pub(crate) mod unregistered;
pub(crate) mod values;
