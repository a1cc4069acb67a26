use std::fmt;
use std::time::SystemTime;

use crate::model::label_set::LabelSet;
use crate::storage::series::Series;
use crate::storage::table::Table;
use crate::storage::values::Values;

/// A key of a [`TextMap`]: some texts in an order.
pub trait Texts {
    /// Shows each text; the same ones in the same order at every call.
    fn each(&self, see: impl FnMut(&str));
}

/// Values that are found by some texts, such as a name and labels.
///
/// # Cost
/// A look-up is a hash, a probe and a comparison: no lock, no allocation, no write. An insertion takes a lock. Nothing is ever removed, so an
/// insertion states a limit.
///
/// ```
/// use radiosonde_metrics::collect::{TextMap, Texts};
///
/// struct Key<'a>(&'a str, &'a str);
/// impl Texts for Key<'_> {
///     fn each(&self, mut see: impl FnMut(&str)) {
///         see(self.0);
///         see(self.1);
///     }
/// }
///
/// let map = TextMap::new();
/// map.insert(&Key("ab", "c"), 1000, 1);
/// assert_eq!(map.get(&Key("ab", "c")), Some(&1));
/// assert_eq!(map.get(&Key("a", "bc")), None);
/// ```
pub struct TextMap<T>(Table<T>);

impl<T> TextMap<T> {
    /// An empty map.
    #[must_use]
    pub fn new() -> Self {
        Self(Table::new())
    }

    /// The value of these texts.
    #[inline]
    #[must_use]
    pub fn get(&self, key: &impl Texts) -> Option<&T> {
        Some(self.0.get(&Keyed(key))?.into_cell())
    }

    /// Inserts a value unless the key has one already or the map has `limit` values.
    pub fn insert(&self, key: &impl Texts, limit: usize, value: T) {
        let key = Keyed(key);
        let make = || Series::new(value, LabelSet::default(), key.to_key(), SystemTime::UNIX_EPOCH);
        self.0.get_or_insert(&key, limit, make);
    }
}

impl<T> Default for TextMap<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> fmt::Debug for TextMap<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TextMap").field(&self.0).finish()
    }
}

struct Keyed<'a, K>(&'a K);

impl<K: Texts> Values for Keyed<'_, K> {
    #[inline]
    fn each(&self, see: impl FnMut(&str)) {
        self.0.each(see);
    }
}
