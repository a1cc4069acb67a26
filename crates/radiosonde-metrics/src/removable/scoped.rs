use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use crate::instruments::instrument::Instrument;
use crate::removable::data::RemovableData;
use crate::removable::entry::Entry;
use crate::storage::values::Values;

/// An instrument whose series goes when the last guard of its labels is dropped: on return, on `?`, on a panic, when a future is dropped.
///
/// Made by [`RemovableFamily::scoped`](crate::removable::RemovableFamily::scoped). Cloning the instrument out of it keeps the instrument, not the
/// series.
#[must_use = "the series goes when this is dropped"]
pub struct Scoped<M: Instrument> {
    instrument: M,
    data: Arc<RemovableData<M>>,
    /// `None` for what overflowed, or had no right labels.
    entry: Option<Arc<Entry<M::Cell>>>,
}

impl<M: Instrument> Scoped<M> {
    pub(crate) fn new(data: &Arc<RemovableData<M>>, values: &impl Values) -> Self {
        let (series, entry) = match data.guarded(values) {
            Ok(entry) => (Arc::clone(&entry.series), Some(entry)),
            Err(shared) => (shared, None),
        };
        Self { instrument: M::wrap(series), data: Arc::clone(data), entry }
    }
}

impl<M: Instrument> Deref for Scoped<M> {
    type Target = M;

    fn deref(&self) -> &M {
        &self.instrument
    }
}

impl<M: Instrument> Drop for Scoped<M> {
    fn drop(&mut self) {
        if let Some(entry) = &self.entry {
            self.data.release(entry);
        }
    }
}

impl<M: Instrument + fmt::Debug> fmt::Debug for Scoped<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Scoped").field(&self.instrument).finish()
    }
}
