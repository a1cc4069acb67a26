use std::path::Path;

use crate::artifacts::artifacts::Artifacts;

/// The variable that writes the files in place of comparing them.
const BLESS: &str = "RADIOSONDE_BLESS";

/// Fails a test if the files in a folder are not those that the program's declarations generate.
///
/// The folder is that of the crate's manifest, and `artifacts` anything that gives [`Artifacts`](crate::Artifacts).
#[macro_export]
macro_rules! assert_artifacts {
    ($folder:expr, $artifacts:expr) => {
        $crate::assert_up_to_date(
            ::std::path::Path::new(::core::env!("CARGO_MANIFEST_DIR")),
            $folder,
            &$artifacts,
        )
    };
}

/// What `assert_artifacts!` calls.
///
/// # Panics
/// If a file differs, or cannot be read or written.
#[allow(clippy::panic, reason = "an assertion fails by panicking")]
#[track_caller]
pub fn assert_up_to_date(manifest: &Path, folder: &str, artifacts: &Artifacts) {
    let folder = manifest.join(folder);
    if std::env::var_os(BLESS).is_some_and(|value| !value.is_empty()) {
        if let Err(error) = artifacts.write(&folder) {
            panic!("{}: {error}", folder.display());
        }
        return;
    }
    match artifacts.drifts(&folder) {
        Ok(drifts) if drifts.is_empty() => {}
        Ok(drifts) => {
            let drifts: Vec<_> = drifts.iter().map(ToString::to_string).collect();
            panic!(
                "{} does not fit the code: {BLESS}=1 cargo test writes it\n{}",
                folder.display(),
                drifts.join("\n")
            );
        }
        Err(error) => panic!("{}: {error}", folder.display()),
    }
}
