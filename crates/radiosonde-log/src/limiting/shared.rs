use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::limiting::keyed::Keyed;
use crate::limiting::rules::Rules;
use crate::limiting::sampling::{By, Ratio, Sequence};
use crate::schemas::keys::Key;
use radiosonde_core::Rate;
use radiosonde_core::gcra::Gcra;

/// State shared by a layer's policies.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(super) rates: Rules<Option<Rate>>,
    pub(super) keyed_by: Vec<KeyedBy>,
    pub(super) announce_every: Duration,
    pub(super) ratios: Rules<Ratio>,
    pub(super) by: By<Key>,
    /// Allowances by the targets of records.
    pub(super) targets: Keyed,
    pub(super) sequence: Sequence,
    /// When the next announcement is due, in nanoseconds.
    pub(super) due: AtomicU64,
}

/// A limit for lines with the same value of a field.
#[derive(Debug)]
pub(crate) struct KeyedBy {
    pub(super) key: Key,
    pub(super) gcra: Gcra,
    /// Allowances by value, separate from those of other limits.
    pub(super) values: Keyed,
}

impl Shared {
    /// No announcement is due.
    pub(super) const NEVER: u64 = u64::MAX;

    pub(super) fn announce_at(&self, at: u64) {
        // Release: the announcement takes this time with an Acquire swap, and so sees the lines counted before it.
        self.due.fetch_min(at, Ordering::Release);
    }
}
