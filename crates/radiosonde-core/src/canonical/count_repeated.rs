use crate::canonical::current::with_current_to_annotate;
use crate::canonical::repeats::Repeated;

/// Counts what the current unit of work does repeatedly, such as the same query, told apart by `key`. Returns how often from the
/// `limit`th time on, for the first key that reaches the limit: a unit reports one.
///
/// `None` before the limit, without a unit of work, and after its end. A unit counts the 16 keys that it repeats most.
///
/// # Cost
/// A lock that no other thread waits for long. No allocation once warm.
///
/// ```
/// use radiosonde_core::canonical::{CanonicalRecord, CanonicalSlot, count_repeated};
///
/// let counts = CanonicalSlot::new(CanonicalRecord::new()).in_scope(|| {
///     [1, 2, 3].map(|_| count_repeated(7, 3).map(|repeated| repeated.count))
/// });
/// assert_eq!(counts, [None, None, Some(3)]);
/// ```
#[must_use]
pub fn count_repeated(key: usize, limit: u32) -> Option<Repeated> {
    with_current_to_annotate(|record| record.count_repeated(key, limit)).flatten()
}
