//! The formats in which a registry is shown.

pub(crate) mod accept;
pub(crate) mod dialect;
pub(crate) mod encode;
pub(crate) mod escaping;
pub(crate) mod format;
pub(crate) mod group_by_name;
pub(crate) mod message;
pub(crate) mod number_text;
pub(crate) mod protobuf;
pub(crate) mod text;
