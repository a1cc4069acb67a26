use std::fmt;
use std::path::Path;

use radiosonde_metrics::Registry;

use crate::artifacts::artifacts::Artifacts;
use crate::artifacts::generator::Generator;
use crate::catalogue::Catalogue;

/// The variable that writes the files in place of comparing them.
const BLESS: &str = "RADIOSONDE_BLESS";

/// Fails a test if the files in a folder are not those that the program's declarations generate.
///
/// # Shape
/// - `assert_artifacts!("ops/", artifacts)`: [`Artifacts`](crate::Artifacts), or a `Result` of them.
/// - `assert_artifacts!("ops/")`: those of [`Registry::global`](radiosonde_metrics::Registry::global), with the name of the crate, for a Prometheus
///   that scrapes no other program. Of several, each needs [`Generator::matching`](crate::Generator::matching).
///
/// The folder is beside the crate's manifest. `RADIOSONDE_BLESS=1` writes the files; it is refused where `CI` is set, so that a pipeline never
/// blesses what it is to test.
///
/// ```no_run
/// use radiosonde_metrics::Registry;
/// use radiosonde_ops::{Catalogue, Generator, assert_artifacts};
///
/// // In a test, after the same declarations as in `main`:
/// let registry = Registry::new();
/// assert_artifacts!("ops/", Generator::new("orders", Catalogue::of(&registry)).artifacts());
/// ```
///
/// # Panics
/// If a file is missing, stale or different, or cannot be read or written, with the first lines of each difference.
#[macro_export]
macro_rules! assert_artifacts {
    ($folder:expr $(,)?) => {
        $crate::assert_artifacts!($folder, $crate::global_artifacts(::core::env!("CARGO_PKG_NAME")))
    };
    ($folder:expr, $artifacts:expr $(,)?) => {
        $crate::assert_up_to_date(
            ::std::path::Path::new(::core::env!("CARGO_MANIFEST_DIR")),
            $folder,
            $crate::ToArtifacts::to_artifacts(&$artifacts),
        )
    };
}

/// [`Artifacts`], or a result of them.
pub trait ToArtifacts {
    /// The artifacts.
    ///
    /// # Errors
    /// Why there are none.
    fn to_artifacts(&self) -> Result<Artifacts, String>;
}

impl ToArtifacts for Artifacts {
    fn to_artifacts(&self) -> Result<Artifacts, String> {
        Ok(self.clone())
    }
}

impl<E: fmt::Display> ToArtifacts for Result<Artifacts, E> {
    fn to_artifacts(&self) -> Result<Artifacts, String> {
        match self {
            Ok(artifacts) => Ok(artifacts.clone()),
            Err(error) => Err(error.to_string()),
        }
    }
}

/// Those of the registry of the process.
#[must_use]
pub fn global_artifacts(name: &str) -> impl ToArtifacts {
    Generator::new(name, Catalogue::of(Registry::global())).artifacts()
}

/// What `assert_artifacts!` calls.
#[allow(
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "an assertion fails by panicking, as the macro documents"
)]
#[track_caller]
pub fn assert_up_to_date(manifest: &Path, folder: &str, artifacts: Result<Artifacts, String>) {
    let variable = |name| std::env::var(name).ok();
    let asked = variable(BLESS);
    let folder = manifest.join(folder);
    let outcome = artifacts
        .and_then(|artifacts| compare(&artifacts, &folder, asked.as_deref(), variable("CI").is_some()));
    if let Err(message) = outcome {
        panic!("{message}");
    }
}

fn compare(artifacts: &Artifacts, folder: &Path, bless: Option<&str>, is_ci: bool) -> Result<(), String> {
    let failed = |error| format!("{}: {error}", folder.display());
    match bless {
        Some("1" | "true") if is_ci => {
            return Err(format!(
                "{BLESS} is set, and so is CI: expected one of them, as a pipeline compares"
            ));
        }
        Some("1" | "true") => return artifacts.write(folder).map_err(failed),
        None | Some("" | "0" | "false") => {}
        Some(other) => return Err(format!("invalid {BLESS} {other:?}: expected 1, 0 or nothing")),
    }
    let drifts = artifacts.drifts(folder).map_err(failed)?;
    if drifts.is_empty() {
        return Ok(());
    }
    let shown: Vec<_> = drifts.iter().map(ToString::to_string).collect();
    let folder = folder.display();
    Err(format!("{folder} does not fit the code; {BLESS}=1 cargo test writes it:\n{}", shown.join("\n")))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_blessing_writes_and_is_refused_in_a_pipeline() {
        let folder = std::env::temp_dir().join(format!("radiosonde-bless-{}", std::process::id()));
        let artifacts: Artifacts = [("a.md".to_owned(), "a\n".to_owned())].into_iter().collect();
        let compare = |bless, is_ci| compare(&artifacts, &folder, bless, is_ci);
        for none in [None, Some(""), Some("0"), Some("false")] {
            let message = compare(none, false).unwrap_err();
            assert!(message.ends_with("writes it:\na.md is missing"), "{message}");
        }
        assert_eq!(
            compare(Some("yes"), false).unwrap_err(),
            "invalid RADIOSONDE_BLESS \"yes\": expected 1, 0 or nothing"
        );
        assert!(compare(Some("1"), true).unwrap_err().starts_with("RADIOSONDE_BLESS is set, and so is CI"));
        assert!(!folder.exists());
        compare(Some("1"), false).unwrap();
        compare(None, true).unwrap();
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_result_that_failed_is_shown() {
        let failed: Result<Artifacts, &str> = Err("no rule for it");
        assert_eq!(failed.to_artifacts().unwrap_err(), "no rule for it");
    }
}
