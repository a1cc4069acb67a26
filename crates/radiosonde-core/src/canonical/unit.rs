use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use crate::canonical::annotations::Annotations;
use crate::canonical::repeats::Repeats;
use crate::outcome::Outcome;
use crate::work_ids::WorkIds;

/// What the handles of one record share.
#[derive(Default)]
pub(crate) struct Unit {
    pub(crate) work_ids: OnceLock<WorkIds>,
    /// Never locked while the user's code runs.
    open: Mutex<Open>,
    /// The annotations once the unit has ended: they are read without a lock.
    pub(crate) ended: OnceLock<Annotations>,
}

/// What changes until the unit ends.
#[derive(Default)]
pub(crate) struct Open {
    pub(crate) has_ended: bool,
    pub(crate) hint: Option<Outcome>,
    pub(crate) annotations: Annotations,
    pub(crate) repeats: Repeats,
}

impl Unit {
    pub(crate) fn open(&self) -> MutexGuard<'_, Open> {
        // No code in which a panic is possible leaves it half changed.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes it a new unit's, and keeps the buffers.
    pub(crate) fn clear(&mut self) {
        self.work_ids.take();
        let open = self.open.get_mut().unwrap_or_else(PoisonError::into_inner);
        (open.has_ended, open.hint) = (false, None);
        if let Some(annotations) = self.ended.take() {
            open.annotations = annotations;
        }
        open.annotations.clear();
        open.repeats.clear();
    }
}
