use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use crate::artifacts::drift::{Drift, DriftKind};
use crate::documents::BORDER;

/// Generated files: their paths below a folder, and their texts.
///
/// # Shape
/// A runbook is generated down to a line that names itself as the border, and by hand below it. What is below is written once, with a file
/// that is missing; after that it is neither compared nor overwritten.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Artifacts {
    files: BTreeMap<String, String>,
}

impl Artifacts {
    pub(crate) fn new(files: impl IntoIterator<Item = (String, String)>) -> Self {
        Self { files: files.into_iter().filter(|(_, text)| !text.is_empty()).collect() }
    }

    /// The paths, with `/` between folders, and the texts, sorted by path.
    pub fn files(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files.iter().map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// The text of the file at this path.
    #[must_use]
    pub fn file(&self, path: &str) -> Option<&str> {
        self.files.get(path).map(String::as_str)
    }

    /// Writes the files below a folder. Other files stay, and so does what was written by hand in a runbook.
    ///
    /// # Errors
    /// As of [`fs::create_dir_all`], [`fs::read_to_string`] and [`fs::write`].
    pub fn write(&self, folder: &Path) -> io::Result<()> {
        for (path, text) in &self.files {
            let path = folder.join(path);
            if let Some(parent) = path.parent() {
                fs::create_dir_all(parent)?;
            }
            fs::write(&path, with_hand_written(text, &path)?)?;
        }
        Ok(())
    }

    /// The files below a folder that differ from these.
    ///
    /// # Errors
    /// As of [`fs::read`], unless a file is missing.
    pub fn drifts(&self, folder: &Path) -> io::Result<Vec<Drift>> {
        let mut drifts = Vec::new();
        for (path, expected) in &self.files {
            let kind = match fs::read(folder.join(path)) {
                Ok(found) => {
                    let found = String::from_utf8_lossy(&found);
                    let (found, expected) = match generated(expected) {
                        // Of a file that lost the border, all is compared.
                        Some(expected) => (generated(&found).unwrap_or(&found), expected),
                        None => (&*found, &**expected),
                    };
                    if found == expected {
                        continue;
                    }
                    DriftKind::Differs(Drift::first_difference(found, expected))
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => DriftKind::Missing,
                Err(error) => return Err(error),
            };
            drifts.push(Drift { path: path.clone(), kind });
        }
        Ok(drifts)
    }
}

/// What is generated of a file that has a border, with the border; `None` for any other file.
fn generated(text: &str) -> Option<&str> {
    let border = text.find(BORDER)?;
    let line = text[border..].find('\n').map_or(text.len(), |end| border + end + 1);
    Some(&text[..line])
}

/// A text for this file, with what the file has below the border. A file that lost the border stays below it as a whole: nothing that
/// people wrote is lost.
fn with_hand_written(text: &str, path: &Path) -> io::Result<String> {
    let Some(above) = generated(text) else { return Ok(text.to_owned()) };
    match fs::read_to_string(path) {
        Ok(found) => Ok(format!("{above}{}", &found[generated(&found).map_or(0, str::len)..])),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(text.to_owned()),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A new folder, below that of temporary files.
    fn folder(name: &str) -> std::path::PathBuf {
        let folder = std::env::temp_dir().join(format!("radiosonde-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        folder
    }

    fn runbook(above: &str) -> Artifacts {
        Artifacts {
            files: [("runbooks/A.md".to_owned(), format!("{above}<!-- {BORDER} -->\nstub\n"))].into(),
        }
    }

    #[test]
    fn the_part_of_a_runbook_written_by_hand_stays() {
        let folder = folder("runbook");
        let file = folder.join("runbooks/A.md");
        let first = runbook("a > 1\n");
        assert_eq!(first.drifts(&folder).unwrap()[0].kind, DriftKind::Missing);
        first.write(&folder).unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), format!("a > 1\n<!-- {BORDER} -->\nstub\n"));

        fs::write(&file, format!("a > 1\n<!-- {BORDER} -->\nrestart it\n")).unwrap();
        assert_eq!(first.drifts(&folder).unwrap(), []);
        let second = runbook("a > 2\n");
        let differs = DriftKind::Differs((1, "a > 1".to_owned(), "a > 2".to_owned()));
        assert_eq!(second.drifts(&folder).unwrap()[0].kind, differs);
        second.write(&folder).unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), format!("a > 2\n<!-- {BORDER} -->\nrestart it\n"));
        assert_eq!(second.drifts(&folder).unwrap(), []);
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_runbook_without_the_border_is_kept_below_it() {
        let folder = folder("border");
        let file = folder.join("runbooks/A.md");
        fs::create_dir_all(folder.join("runbooks")).unwrap();
        fs::write(&file, "by hand\n").unwrap();
        let runbook = runbook("a > 1\n");
        assert_eq!(runbook.drifts(&folder).unwrap().len(), 1);
        runbook.write(&folder).unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), format!("a > 1\n<!-- {BORDER} -->\nby hand\n"));
        fs::remove_dir_all(folder).unwrap();
    }
}
