use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

/// Makes a file to append to, which must not be there yet; or the one that a link leads to. There are no modes here.
pub(crate) fn make(path: &Path, _: Option<u32>, is_behind_a_link: bool) -> io::Result<File> {
    OpenOptions::new().append(true).create(true).create_new(!is_behind_a_link).open(path)
}
