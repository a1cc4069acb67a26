//! The formats in which a registry is exposed: which, how names are escaped, which families, and what an `Accept` header prefers.

pub(crate) mod accept;
pub(crate) mod dialect;
pub(crate) mod encode;
pub(crate) mod escaping;
pub(crate) mod format;
pub(crate) mod group_by_name;
pub(crate) mod message;
pub(crate) mod number_text;
pub(crate) mod protobuf;
pub(crate) mod selection;
pub(crate) mod text;

pub use accept::read_weight;
pub use dialect::Dialect;
pub use escaping::Escaping;
pub use format::Format;
pub use selection::Selection;
