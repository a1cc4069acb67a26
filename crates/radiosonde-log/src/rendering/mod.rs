//! Renders values to the bytes of a line.

pub(crate) mod fields;
pub(crate) mod json;
pub(crate) mod json_kind;
pub(crate) mod line_parts;
mod piece;
pub(crate) mod pretty;
pub(crate) mod recorder;
pub(crate) mod scratch;
pub(crate) mod shorten;
pub(crate) mod tail;
pub(crate) mod timestamp;
pub(crate) mod value;
