//! The formats in which a registry is shown.

pub(crate) mod accept;
pub(crate) mod apart;
pub(crate) mod dialect;
pub(crate) mod encode;
pub(crate) mod escaping;
pub(crate) mod format;
pub(crate) mod message;
pub(crate) mod protobuf;
pub(crate) mod spelling;
pub(crate) mod text;
