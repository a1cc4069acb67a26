use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A writer whose contents can be read while another owner writes. Clones share the contents.
///
/// ```
/// use std::io::Write as _;
/// use radiosonde_testkit::SharedBuffer;
///
/// let buffer = SharedBuffer::new();
/// let mut writer = buffer.clone();
/// writeln!(writer, "one")?;
/// write!(writer, "two")?;
/// assert_eq!(buffer.text(), "one\ntwo");
/// assert_eq!(buffer.lines(), ["one", "two"]);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct SharedBuffer {
    bytes: Arc<Mutex<Vec<u8>>>,
}

impl SharedBuffer {
    /// An empty buffer.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Everything written so far; bytes that are not UTF-8 are replaced by U+FFFD.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.lock()).into_owned()
    }

    /// The lines written so far, without their line feeds.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        self.text().lines().map(str::to_owned).collect()
    }

    /// Empties the buffer and returns its contents.
    #[must_use = "otherwise the contents are lost: use `clear` to discard them"]
    pub fn take(&self) -> String {
        let bytes = std::mem::take(&mut *self.lock());
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Empties the buffer and keeps its memory.
    pub fn clear(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> MutexGuard<'_, Vec<u8>> {
        self.bytes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl io::Write for SharedBuffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.lock().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
