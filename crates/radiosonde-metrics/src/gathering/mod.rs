//! One scrape, from families and collectors to whoever reads it.

pub(crate) mod adding;
pub(crate) mod collector;
pub(crate) mod gather;
pub(crate) mod nesting;
pub(crate) mod owned;
pub(crate) mod sample_names;
pub(crate) mod selection;
pub(crate) mod snapshot;
pub(crate) mod visitor;
