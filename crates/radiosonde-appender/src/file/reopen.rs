use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// Reopens log files by their paths on request, as after a tool has renamed them.
///
/// Clones share the same files. A renamed or removed file is noticed before the next lines are written, without a request.
/// Requests are for what cannot be noticed, such as a mount over the folder.
///
/// ```
/// use radiosonde_appender::{FileOptions, Reopen, Writer};
///
/// let folder = tempfile::tempdir()?;
/// let reopen = Reopen::new();
/// let writer = Writer::file_with(folder.path().join("orders.log"), FileOptions::new().reopen_on(&reopen))?;
/// // Later, from a handler of your own; the next line goes to the file that then has the name.
/// reopen.request();
/// # drop(writer);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Reopen {
    files: Arc<Mutex<Vec<Weak<AtomicBool>>>>,
}

impl Reopen {
    /// A handle that no file listens to yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Reopens every listening file before its next lines are written. Returns at once.
    pub fn request(&self) {
        self.files.lock().unwrap_or_else(PoisonError::into_inner).retain(|file| {
            let Some(asked) = file.upgrade() else { return false };
            // Release: the file's thread, which takes the request, sees what the caller did to the file.
            asked.store(true, Ordering::Release);
            true
        });
    }

    pub(crate) fn add(&self, asked: &Arc<AtomicBool>) {
        self.files.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::downgrade(asked));
    }
}
