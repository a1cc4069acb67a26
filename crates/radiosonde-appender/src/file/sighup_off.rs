use crate::file::file_options::FileOptions;

impl FileOptions {
    /// Reopens the file when the process receives SIGHUP. No effect: this system has no such signal.
    pub fn reopen_on_sighup(self) -> Self {
        self
    }
}
