use std::path::Path;

use crate::checking::checker::Checker;

/// Fails a test if the rules, dashboards and queries below a folder do not fit what the program declares.
///
/// The folder is that of the crate's manifest, and `checker` a [`Checker`](crate::Checker). Warnings fail the test too: comments allow them.
#[macro_export]
macro_rules! assert_checked {
    ($path:expr, $checker:expr) => {
        $crate::assert_no_diagnostics(
            ::std::path::Path::new(::core::env!("CARGO_MANIFEST_DIR")),
            $path,
            &$checker,
        )
    };
}

/// What `assert_checked!` calls.
///
/// # Panics
/// If something is found, or a file cannot be read.
#[allow(clippy::panic, reason = "an assertion fails by panicking")]
#[track_caller]
pub fn assert_no_diagnostics(manifest: &Path, path: &str, checker: &Checker) {
    let path = manifest.join(path);
    match checker.check_paths(&[&path]) {
        Ok(found) if found.is_empty() => {}
        Ok(found) => {
            let found: Vec<_> = found.iter().map(ToString::to_string).collect();
            panic!("{} does not fit the code:\n{}", path.display(), found.join("\n"));
        }
        Err(error) => panic!("{}: {error}", path.display()),
    }
}
