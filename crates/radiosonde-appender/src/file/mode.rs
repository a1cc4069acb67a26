use std::fs::{File, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

/// Creates a file to append to, which must not exist yet, or the target of a link.
pub(crate) fn make(path: &Path, mode: Option<u32>, is_behind_a_link: bool) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.append(true).create(true).create_new(!is_behind_a_link);
    let Some(mode) = mode else { return options.open(path) };
    let file = options.mode(mode).open(path)?;
    // Restores the bits that the umask removed.
    file.set_permissions(Permissions::from_mode(mode))?;
    Ok(file)
}
