use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::checking::checker::Checker;
use crate::checking::diagnostic::Diagnostic;
use crate::checking::panel_source::PanelSources;
use crate::checking::rule_source::rules_of;
use crate::checking::tree::Tree;

/// A file to check, by its content.
enum FileKind {
    Rules,
    Dashboard,
    Queries,
}

impl Checker {
    /// Checks files, and the files below folders: rule files (`.yml`, `.yaml`), dashboards (`.json`), blocks of `promql` in documents (`.md`) and
    /// lists of queries (`.promql`, `.logql`). Recording rules of any of them are known in all of them; other YAML and JSON files are passed over.
    ///
    /// # Errors
    /// As of [`fs::read_dir`] and [`fs::read`], and if there is no file to check: a folder that moved would else be in order for ever.
    pub fn check_paths<P: AsRef<Path>>(&self, paths: &[P]) -> io::Result<Vec<Diagnostic>> {
        let mut files = Vec::new();
        for path in paths {
            collect(path.as_ref(), 0, &mut files)?;
        }
        files.sort();
        files.dedup();
        let mut checker = self.clone();
        let mut texts = Vec::new();
        for path in files {
            let text = String::from_utf8_lossy(&fs::read(&path)?).into_owned();
            if let Some(kind) = kind_of(&path, &text) {
                if matches!(kind, FileKind::Rules) {
                    checker = checker.recording(&text);
                }
                texts.push((path, text, kind));
            }
        }
        if texts.is_empty() {
            let message = "nothing to check; expected rule files, dashboards or queries";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        }
        let found = texts.iter().flat_map(|(path, text, kind)| {
            let file = path.display().to_string();
            match kind {
                FileKind::Rules => checker.check_rules(&file, text),
                FileKind::Dashboard => checker.check_dashboard(&file, text),
                FileKind::Queries => checker.check_queries(&file, text),
            }
        });
        Ok(found.collect())
    }
}

/// The files below a folder, without hidden ones; links to folders are not followed.
fn collect(path: &Path, depth: usize, files: &mut Vec<PathBuf>) -> io::Result<()> {
    const MAX_DEPTH: usize = 32;
    if !fs::metadata(path)?.is_dir() {
        files.push(path.to_owned());
        return Ok(());
    }
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        let hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
        let link_to_folder = entry.file_type()?.is_symlink() && entry.path().is_dir();
        if !hidden && !link_to_folder && depth < MAX_DEPTH {
            collect(&entry.path(), depth + 1, files)?;
        }
    }
    Ok(())
}

fn kind_of(path: &Path, text: &str) -> Option<FileKind> {
    let extension = path.extension().and_then(OsStr::to_str).unwrap_or_default().to_ascii_lowercase();
    match extension.as_str() {
        "md" | "promql" | "logql" => Some(FileKind::Queries),
        "yml" | "yaml" | "json" => match Tree::documents(text) {
            Ok(documents) if documents.iter().any(PanelSources::is_dashboard) => Some(FileKind::Dashboard),
            Ok(documents) if rules_of(&documents).is_empty() => None,
            Ok(_) => Some(FileKind::Rules),
            // A file that cannot be read is a finding if it seems to have queries. Templates of other tools are passed over.
            Err(_) => (text.contains("expr:") || text.contains("\"expr\"")).then_some(FileKind::Rules),
        },
        _ => None,
    }
}
