use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::limiting::gcra::Gcra;
use crate::limiting::keyed::Keyed;
use crate::limiting::rate::Rate;
use crate::limiting::rules::Rules;
use crate::limiting::sampling::{By, Ratio, Sequence};
use crate::schemas::keys::Key;

/// What the policies of a layer have in common.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(super) rates: Rules<Option<Rate>>,
    pub(super) keyed_by: Vec<KeyedBy>,
    pub(super) announce_every: Duration,
    pub(super) ratios: Rules<Ratio>,
    pub(super) by: By<Key>,
    /// Allowances of the targets of records.
    pub(super) targets: Keyed,
    pub(super) sequence: Sequence,
    /// When something is to be announced, in nanoseconds.
    pub(super) due: AtomicU64,
}

/// A limit for all lines that have the same value in a field.
#[derive(Debug)]
pub(crate) struct KeyedBy {
    pub(super) key: Key,
    pub(super) gcra: Gcra,
    /// Allowances of its values: they share none with those of another limit, however few there are.
    pub(super) values: Keyed,
}

impl Shared {
    /// Nothing is to be announced.
    pub(super) const NEVER: u64 = u64::MAX;

    pub(super) fn announce_at(&self, at: u64) {
        // Release: the announcement takes this time with an Acquire swap, and then sees the lines counted before it.
        self.due.fetch_min(at, Ordering::Release);
    }
}
