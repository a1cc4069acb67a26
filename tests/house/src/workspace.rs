use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use cargo_metadata::{DependencyKind, MetadataCommand};

use crate::{Arrow, ArrowKind};

/// The workspace that the rules check.
#[derive(Debug)]
pub struct Workspace {
    root: PathBuf,
    packages: Vec<Package>,
    files: Vec<String>,
}

/// A member of the workspace.
#[derive(Debug, Clone)]
pub struct Package {
    /// Its name.
    pub name: String,
    /// The folder relative to the root, such as `crates/radiosonde-core`.
    pub folder: String,
    /// Its dependencies that are our crates, by name.
    pub arrows: Vec<Arrow>,
    /// Its normal dependencies that are not our crates, each once, in order.
    pub foreign: Vec<String>,
    /// Its rooms from top to bottom, as `[package.metadata.house]` lists them.
    pub rooms: Option<Vec<String>>,
}

impl Workspace {
    /// This workspace, wherever the tests run.
    ///
    /// # Panics
    /// If `cargo metadata` fails.
    #[must_use]
    pub fn this() -> Self {
        Self::at(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."))
    }

    pub(crate) fn at(root: &Path) -> Self {
        let root = root.canonicalize().expect("the workspace's folder is there");
        // Without dependencies nothing is resolved: no network and no change of the lock file.
        let metadata = MetadataCommand::new()
            .manifest_path(root.join("Cargo.toml"))
            .no_deps()
            .other_options(["--offline".to_owned()])
            .exec()
            .unwrap_or_else(|error| panic!("cargo metadata: {error}"));
        let packages = metadata.workspace_packages().into_iter().map(|package| Package {
            name: package.name.to_string(),
            folder: relative(
                &root,
                package.manifest_path.parent().expect("a manifest is in a folder").as_std_path(),
            ),
            arrows: package
                .dependencies
                .iter()
                .filter_map(|dependency| arrow(&package.name, dependency))
                .collect(),
            foreign: foreign(&package.dependencies),
            rooms: rooms(&package.metadata),
        });
        let packages = packages.collect();
        let files = files(&root);
        Self { root, packages, files }
    }

    /// The members.
    #[must_use]
    pub fn packages(&self) -> &[Package] {
        &self.packages
    }

    /// The libraries: the members under `crates/`.
    pub fn crates(&self) -> impl Iterator<Item = &Package> {
        self.packages.iter().filter(|package| package.folder.starts_with("crates/"))
    }

    /// Every file that belongs to the project, relative to the root.
    #[must_use]
    pub fn files(&self) -> &[String] {
        &self.files
    }

    /// The text of a file of the project, if there is one and it is text.
    #[must_use]
    pub fn read(&self, path: &str) -> Option<String> {
        std::fs::read_to_string(self.root.join(path)).ok()
    }

    /// The Rust sources of all members, without their tests.
    pub(crate) fn sources(&self) -> impl Iterator<Item = (&str, String)> {
        let sources = self.files.iter().filter(|path| is_source(path));
        sources.filter_map(|path| Some((path.as_str(), self.read(path)?)))
    }
}

fn is_source(path: &str) -> bool {
    let rust = Path::new(path).extension().is_some_and(|extension| extension == "rs");
    // `foo/tests.rs` is the file of `#[cfg(test)] mod tests;`.
    rust && path.contains("/src/") && !path.ends_with("/tests.rs") && !path.contains("/tests/ui/")
}

fn foreign(dependencies: &[cargo_metadata::Dependency]) -> Vec<String> {
    let normal = dependencies.iter().filter(|dependency| dependency.kind == DependencyKind::Normal);
    let names = normal.map(|dependency| dependency.name.clone()).filter(|name| !is_ours(name));
    names.collect::<BTreeSet<_>>().into_iter().collect()
}

fn rooms(metadata: &serde_json::Value) -> Option<Vec<String>> {
    let rooms = metadata.get("house")?.get("rooms")?.as_array()?;
    rooms.iter().map(|room| room.as_str().map(str::to_owned)).collect()
}

fn is_ours(name: &str) -> bool {
    name == "radiosonde" || name.starts_with("radiosonde-")
}

fn arrow(from: &str, dependency: &cargo_metadata::Dependency) -> Option<Arrow> {
    let kind = match dependency.kind {
        DependencyKind::Development => ArrowKind::Dev,
        DependencyKind::Build => ArrowKind::Build,
        _ => ArrowKind::Normal,
    };
    is_ours(&dependency.name).then(|| Arrow { from: from.to_owned(), to: dependency.name.clone(), kind })
}

/// A path with `/` on every system.
fn relative(root: &Path, path: &Path) -> String {
    let path = path.strip_prefix(root).unwrap_or(path);
    path.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/")
}

/// The files that git tracks or would track. Without git, all files except build output.
fn files(root: &Path) -> Vec<String> {
    let mut files = tracked(root).unwrap_or_else(|| {
        let mut found = Vec::new();
        walk(root, root, &mut found);
        found
    });
    files.retain(|path| root.join(path).is_file());
    files.sort();
    files.dedup();
    files
}

fn tracked(root: &Path) -> Option<Vec<String>> {
    let list = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
    let output = Command::new("git").current_dir(root).args(list).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let files: Vec<_> = text.split('\0').filter(|path| !path.is_empty()).map(str::to_owned).collect();
    (output.status.success() && !files.is_empty()).then_some(files)
}

fn walk(root: &Path, folder: &Path, found: &mut Vec<String>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.is_file() {
            found.push(relative(root, &path));
        } else if name != "target" && name != ".git" {
            walk(root, &path, found);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_this_member_and_this_file() {
        let workspace = Workspace::this();
        assert!(workspace.packages().iter().any(|package| package.folder == "tests/house"));
        assert!(workspace.crates().any(|package| package.name == "radiosonde-core"));
        assert!(workspace.sources().any(|(path, _)| path == "tests/house/src/workspace.rs"));
    }

    #[test]
    fn a_copy_without_git_has_the_same_sources() {
        let workspace = Workspace::this();
        let mut walked = Vec::new();
        walk(&workspace.root, &workspace.root, &mut walked);
        let missing = workspace.files().iter().find(|path| !walked.contains(path));
        assert_eq!(missing, None);
    }

    #[test]
    fn tests_are_no_sources() {
        assert!(is_source("crates/a/src/b/mod.rs"));
        assert!(!is_source("crates/a/src/b/tests.rs"));
        assert!(!is_source("crates/a/tests/b.rs"));
        assert!(!is_source("crates/a/src/b.md"));
    }
}
