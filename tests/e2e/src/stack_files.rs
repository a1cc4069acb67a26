use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// `examples/stack`: the configuration files that the backends use, here and for users.
#[must_use]
pub fn stack_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/stack")
}

/// The text of a file of `examples/stack` with its examples: lines that begin with `#` and code, below the first empty line, without the `#`. Comments in
/// prose have one space behind the `#`.
///
/// # Errors
/// As of [`fs::read_to_string`].
pub fn with_examples(name: &str) -> io::Result<String> {
    let text = fs::read_to_string(stack_folder().join(name))?;
    let (head, body) = text.split_once("\n\n").unwrap_or((&text, ""));
    let is_prose = |rest: &str| rest.is_empty() || (rest.starts_with(' ') && !rest.starts_with("  "));
    let line = |line| match str::strip_prefix(line, "#") {
        Some(rest) if !is_prose(rest) => rest,
        _ => line,
    };
    let body: Vec<_> = body.lines().map(line).collect();
    Ok(format!("{head}\n\n{}\n", body.join("\n")))
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
