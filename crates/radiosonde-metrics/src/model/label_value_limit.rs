//! Label values that are not longer than a series may keep.

/// The label value that stands for all sets that came after a family was full.
pub const OVERFLOW: &str = "_overflow";

/// Maximum length of a label's value, in bytes.
///
/// [`OVERFLOW`] stands in place of a longer one. A cut would join two values that begin alike.
pub const MAX_VALUE_BYTES: usize = 1024;

/// Whether the value is too long.
pub(crate) const fn is_long(value: &str) -> bool {
    value.len() > MAX_VALUE_BYTES
}

/// The value, or what stands for one that is too long.
pub(crate) const fn bounded(value: &str) -> &str {
    if is_long(value) { OVERFLOW } else { value }
}
