//! Label values that are not longer than a series may keep.

use crate::families::family::OVERFLOW;
use crate::families::values::Values;
use crate::instruments::instrument::{Refusal, Shared};

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

/// Values of which each is [`bounded`].
pub(crate) struct Bounded<'a, V>(&'a V);

impl<'a, V: Values> Bounded<'a, V> {
    /// `None` if no value is too long; a look-up that has one is counted.
    pub(crate) fn of(values: &'a V, shared: &Shared) -> Option<Self> {
        let mut has_long = false;
        values.each(|value| has_long |= is_long(value));
        has_long.then(|| {
            shared.refused.count(Refusal::LabelLength);
            Self(values)
        })
    }
}

impl<V: Values> Values for Bounded<'_, V> {
    fn each(&self, mut see: impl FnMut(&str)) {
        self.0.each(|value| see(bounded(value)));
    }
}
