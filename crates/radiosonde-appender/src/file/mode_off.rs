use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

/// Creates a file to append to, which must not exist yet, or the target of a link. Modes have no effect on this system.
pub(crate) fn make(path: &Path, _: Option<u32>, is_behind_a_link: bool) -> io::Result<File> {
    OpenOptions::new().append(true).create(true).create_new(!is_behind_a_link).open(path)
}
