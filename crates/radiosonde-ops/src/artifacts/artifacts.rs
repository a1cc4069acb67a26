use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Component, Path};

use crate::artifacts::drift::{Difference, Drift, DriftKind};
use crate::documents::BORDER;

/// The file that lists the generated ones, so that one that is generated no more is found.
const LIST: &str = "generated.txt";

/// Generated files: their paths below a folder, and their texts.
///
/// # Shape
/// Runbooks and Alertmanager's routes are generated down to a line that names itself as the border, and written by hand below it. That part is
/// written once, with a file that is missing; after that it is neither compared, nor overwritten, nor removed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Artifacts {
    files: BTreeMap<String, String>,
}

/// Of paths and texts; empty texts are no files.
impl FromIterator<(String, String)> for Artifacts {
    fn from_iter<F: IntoIterator<Item = (String, String)>>(files: F) -> Self {
        Self { files: files.into_iter().filter(|(_, text)| !text.is_empty()).collect() }
    }
}

impl Artifacts {
    /// The paths, with `/` between folders, and the texts, sorted by path.
    pub fn files(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files.iter().map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// The text of the file at this path.
    #[must_use]
    pub fn file(&self, path: &str) -> Option<&str> {
        self.files.get(path).map(String::as_str)
    }

    /// Writes the files below a folder, and removes those that were generated before and are no more. Files that were written by hand stay, and
    /// so does what was written by hand in a runbook.
    ///
    /// # Errors
    /// As of [`fs::create_dir_all`], [`fs::read_to_string`], [`fs::write`] and [`fs::remove_file`].
    pub fn write(&self, folder: &Path) -> io::Result<()> {
        for path in self.stale(folder)? {
            fs::remove_file(folder.join(path))?;
        }
        for (path, text) in &self.files {
            let path = folder.join(path);
            if let Some(parent) = path.parent() {
                fs::create_dir_all(parent)?;
            }
            fs::write(&path, with_hand_written(text, &path)?)?;
        }
        Ok(())
    }

    /// The files below a folder that differ from these. Line ends may be those of Windows.
    ///
    /// # Errors
    /// As of [`fs::read`] and [`fs::read_to_string`], unless a file is missing.
    pub fn drifts(&self, folder: &Path) -> io::Result<Vec<Drift>> {
        let mut drifts = Vec::new();
        for (path, expected) in &self.files {
            let kind = match fs::read(folder.join(path)) {
                Ok(found) => {
                    let found = String::from_utf8_lossy(&found).replace("\r\n", "\n");
                    let (found, expected) = match generated(expected) {
                        // Of a file that lost the border, all is compared.
                        Some(expected) => (generated(&found).unwrap_or(&found), expected),
                        None => (&*found, &**expected),
                    };
                    if found == expected {
                        continue;
                    }
                    DriftKind::Differs(Difference::of(found, expected))
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => DriftKind::Missing,
                Err(error) => return Err(error),
            };
            drifts.push(Drift { path: path.clone(), kind });
        }
        drifts.extend(self.stale(folder)?.into_iter().map(|path| Drift { path, kind: DriftKind::Stale }));
        Ok(drifts)
    }

    /// The same files, and a list of them: one that is on the list of a folder, and not among these, is then found there.
    pub(crate) fn with_list(mut self) -> Self {
        let list = self.files.keys().map(|path| format!("{path}\n")).collect();
        self.files.insert(LIST.to_owned(), list);
        self
    }

    /// The files of the list in the folder that are there and not among these. One with a border stays: people have written in it.
    fn stale(&self, folder: &Path) -> io::Result<Vec<String>> {
        if !self.files.contains_key(LIST) {
            return Ok(Vec::new());
        }
        let list = match fs::read_to_string(folder.join(LIST)) {
            Ok(list) => list,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let is_stale = |path: &&str| {
            let is_below = Path::new(path).components().all(|part| matches!(part, Component::Normal(_)));
            !self.files.contains_key(*path)
                && is_below
                && fs::read_to_string(folder.join(path)).is_ok_and(|text| !text.contains(BORDER))
        };
        Ok(list.lines().filter(is_stale).map(str::to_owned).collect())
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
        let expected = format!(
            "runbooks/A.md differs in line 1\n  found:    a > 1\n            <!-- {BORDER} -->\n  expected: a > 2\n            <!-- {BORDER} -->"
        );
        let [drift] = &second.drifts(&folder).unwrap()[..] else { panic!("one file differs") };
        assert_eq!(drift.to_string(), expected);
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

    #[test]
    fn a_file_that_is_generated_no_more_is_stale_and_then_removed() {
        let folder = folder("stale");
        let of = |paths: &[&str]| {
            paths.iter().map(|path| ((*path).to_owned(), "a\n".to_owned())).collect::<Artifacts>().with_list()
        };
        of(&["rules/a.yml", "rules/b.yml"]).write(&folder).unwrap();
        fs::write(folder.join("rules/mine.yml"), "mine").unwrap();
        let fewer = of(&["rules/a.yml"]);
        let drifts: Vec<_> =
            fewer.drifts(&folder).unwrap().into_iter().map(|drift| (drift.path, drift.kind)).collect();
        assert_eq!(drifts[1..], [("rules/b.yml".to_owned(), DriftKind::Stale)]);
        fewer.write(&folder).unwrap();
        assert_eq!(fewer.drifts(&folder).unwrap(), []);
        assert!(!folder.join("rules/b.yml").exists() && folder.join("rules/mine.yml").exists());

        // People have written below a border.
        let page = format!("<!-- {BORDER} -->\nmine\n");
        fs::write(folder.join("rules/c.md"), page).unwrap();
        fs::write(folder.join(LIST), "rules/a.yml\nrules/c.md\n").unwrap();
        fewer.write(&folder).unwrap();
        assert!(folder.join("rules/c.md").exists());

        // A list that was changed by hand removes nothing outside of the folder.
        fs::write(folder.with_extension("outside"), "a\n").unwrap();
        let outside =
            format!("../{}\n", folder.with_extension("outside").file_name().unwrap().to_string_lossy());
        fs::write(folder.join(LIST), outside).unwrap();
        fewer.write(&folder).unwrap();
        fs::remove_file(folder.with_extension("outside")).unwrap();
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn line_ends_of_windows_are_no_difference() {
        let folder = folder("line-ends");
        let artifacts: Artifacts = [("a.yml".to_owned(), "a\nb\n".to_owned())].into_iter().collect();
        artifacts.write(&folder).unwrap();
        fs::write(folder.join("a.yml"), "a\r\nb\r\n").unwrap();
        assert_eq!(artifacts.drifts(&folder).unwrap(), []);
        fs::remove_dir_all(folder).unwrap();
    }
}
