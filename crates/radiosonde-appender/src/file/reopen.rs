use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// Asks log files to be opened again by their paths, as after a tool has renamed them.
///
/// Clones share the same files. A file that was renamed or removed is noticed without being asked, before the next lines are
/// written; asking is for what cannot be seen, such as a mount over the folder.
///
/// ```
/// use radiosonde_appender::{FileOptions, Reopen, Writer};
///
/// let folder = tempfile::tempdir()?;
/// let reopen = Reopen::new();
/// let writer = Writer::file_with(folder.path().join("orders.log"), FileOptions::new().reopen_on(&reopen))?;
/// // Later, from a handler of one's own; the next line goes to the file that has the name then.
/// reopen.request();
/// # drop(writer);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Reopen {
    files: Arc<Mutex<Vec<Weak<AtomicBool>>>>,
}

impl Reopen {
    /// One that no file listens to yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Every file that listens is opened again before its next lines are written. Returns at once.
    pub fn request(&self) {
        self.files.lock().unwrap_or_else(PoisonError::into_inner).retain(|file| {
            let Some(asked) = file.upgrade() else { return false };
            // Release: what the caller did to the file before is seen by whoever takes the request.
            asked.store(true, Ordering::Release);
            true
        });
    }

    pub(crate) fn add(&self, asked: &Arc<AtomicBool>) {
        self.files.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::downgrade(asked));
    }
}
