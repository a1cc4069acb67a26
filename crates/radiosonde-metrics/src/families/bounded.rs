//! Label values that are not longer than a series may keep.

use crate::instruments::refusal::Refusal;
use crate::instruments::shared::Shared;
use crate::model::label_value_limit::{bounded, is_long};
use crate::storage::values::Values;

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
