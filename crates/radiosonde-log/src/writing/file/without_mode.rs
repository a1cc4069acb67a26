use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

/// Makes a file to append to, which must not be there yet. There are no modes here.
pub(crate) fn make(path: &Path, _: Option<u32>) -> io::Result<File> {
    OpenOptions::new().append(true).create_new(true).open(path)
}
