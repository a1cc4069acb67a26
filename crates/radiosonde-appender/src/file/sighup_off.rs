use crate::file::file_options::FileOptions;

impl FileOptions {
    /// Opens the file again when the process gets SIGHUP. There is no such signal here.
    pub fn reopen_on_sighup(self) -> Self {
        self
    }
}
