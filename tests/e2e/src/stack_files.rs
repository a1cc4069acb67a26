use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// `examples/stack`: the configuration files that the backends use, here and for users.
#[must_use]
pub fn stack_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/stack")
}

/// Copies a file or a folder of `examples/stack` under the same name into `folder`, byte for byte.
pub(crate) fn copy_into(name: &str, folder: &Path) -> io::Result<()> {
    copy(&stack_folder().join(name), &folder.join(name))
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    if !from.is_dir() {
        return fs::copy(from, to).map(drop);
    }
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        copy(&entry.path(), &to.join(entry.file_name()))?;
    }
    Ok(())
}
