//! Series, and the tables that find them by their label values.

pub(crate) mod key;
pub(crate) mod seeds;
pub(crate) mod series;
pub(crate) mod short_key;
pub(crate) mod table;
pub(crate) mod values;
