use std::fs::{self, File};
use std::os::fd::AsFd;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};

/// Whether writes to the stream are lost: it is the null device, as in a process started with the stream closed, or it was
/// closed since. `std` reports such writes as successful.
pub(crate) fn is_null(stream: impl AsFd) -> bool {
    let Ok(stream) = stream.as_fd().try_clone_to_owned().map(File::from) else { return true };
    match (stream.metadata(), fs::metadata("/dev/null")) {
        (Ok(stream), Ok(null)) => stream.file_type().is_char_device() && stream.rdev() == null.rdev(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_null_device_is_told_from_others() {
        assert!(is_null(File::options().write(true).open("/dev/null").unwrap()));
        assert!(!is_null(File::open("/dev/zero").unwrap()));
        assert!(!is_null(tempfile::tempfile().unwrap()));
    }
}
