use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use crate::artifacts::drift::{Drift, DriftKind};

/// Generated files: their paths below a folder, and their texts.
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

    /// Writes the files below a folder. Other files stay.
    ///
    /// # Errors
    /// As of [`fs::create_dir_all`] and [`fs::write`].
    pub fn write(&self, folder: &Path) -> io::Result<()> {
        for (path, text) in &self.files {
            let path = folder.join(path);
            if let Some(parent) = path.parent() {
                fs::create_dir_all(parent)?;
            }
            fs::write(path, text)?;
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
                Ok(found) if found == expected.as_bytes() => continue,
                Ok(found) => {
                    DriftKind::Differs(Drift::first_difference(&String::from_utf8_lossy(&found), expected))
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => DriftKind::Missing,
                Err(error) => return Err(error),
            };
            drifts.push(Drift { path: path.clone(), kind });
        }
        Ok(drifts)
    }
}
