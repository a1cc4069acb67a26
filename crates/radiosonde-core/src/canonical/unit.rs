use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use crate::canonical::annotations::Annotations;
use crate::outcome::Outcome;

/// The largest size of an id.
pub const MAX_ID_BYTES: usize = 128;

/// What the handles of one record share.
#[derive(Default)]
pub(crate) struct Unit {
    pub(crate) request_id: OnceLock<Id>,
    pub(crate) correlation_id: OnceLock<Id>,
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
}

impl Unit {
    pub(crate) fn open(&self) -> MutexGuard<'_, Open> {
        // No code in which a panic is possible leaves it half changed.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes it a new unit's, and keeps the buffers.
    pub(crate) fn clear(&mut self) {
        self.request_id.take();
        self.correlation_id.take();
        let open = self.open.get_mut().unwrap_or_else(PoisonError::into_inner);
        (open.has_ended, open.hint) = (false, None);
        if let Some(annotations) = self.ended.take() {
            open.annotations = annotations;
        }
        open.annotations.clear();
    }
}

/// A short text that needs no allocation.
pub(crate) struct Id {
    len: u8,
    bytes: [u8; MAX_ID_BYTES],
}

impl Id {
    /// `None` if `text` is empty or too long.
    pub(crate) fn new(text: &str) -> Option<Self> {
        let len = u8::try_from(text.len()).ok().filter(|len| *len > 0)?;
        let mut bytes = [0; MAX_ID_BYTES];
        bytes.get_mut(..text.len())?.copy_from_slice(text.as_bytes());
        Some(Self { len, bytes })
    }

    pub(crate) fn as_str(&self) -> &str {
        str::from_utf8(&self.bytes[..self.len.into()]).unwrap_or_default()
    }
}
