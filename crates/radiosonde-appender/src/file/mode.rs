use std::fs::{File, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

/// Makes a file to append to, which must not be there yet; or the one that a link leads to.
pub(crate) fn make(path: &Path, mode: Option<u32>, is_behind_a_link: bool) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.append(true).create(true).create_new(!is_behind_a_link);
    let Some(mode) = mode else { return options.open(path) };
    let file = options.mode(mode).open(path)?;
    // What the umask has taken away.
    file.set_permissions(Permissions::from_mode(mode))?;
    Ok(file)
}
