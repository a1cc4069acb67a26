use std::fmt;

use crate::{
    Finding, Workspace, arrows, crate_root, documents, features, file_names, file_sizes, kernels,
    machine_paths, manifests, orderings, rooms, surface, wording,
};

/// A rule of the house. The README describes each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// Dependencies between our crates.
    Arrow,
    /// The manifests of our crates.
    Manifest,
    /// Versions, in one place.
    Dependency,
    /// The contents of a `lib.rs`.
    CrateRoot,
    /// Lines before the tests.
    FileSize,
    /// File names without meaning.
    FileName,
    /// The places of `cfg(feature)`.
    Feature,
    /// Comments on atomics.
    Ordering,
    /// README and CHANGELOG.
    Document,
    /// Paths of one machine.
    MachinePath,
    /// Imports between the files of a crate.
    Room,
    /// Foreign dependencies of kernels and ground.
    Kernel,
    /// The reach of the facade, and the lists of features.
    Surface,
    /// Words that the project does not use.
    Wording,
}

impl Rule {
    /// All rules.
    pub const ALL: [Self; 14] = [
        Self::Arrow,
        Self::Manifest,
        Self::Dependency,
        Self::CrateRoot,
        Self::FileSize,
        Self::FileName,
        Self::Feature,
        Self::Ordering,
        Self::Document,
        Self::MachinePath,
        Self::Room,
        Self::Kernel,
        Self::Surface,
        Self::Wording,
    ];

    /// The rule's findings in this workspace, exceptions included.
    #[must_use]
    pub fn findings(self, workspace: &Workspace) -> Vec<Finding> {
        let in_sources = |check: fn(&str, &str) -> Vec<Finding>| -> Vec<Finding> {
            workspace.sources().flat_map(|(path, text)| check(path, &text)).collect()
        };
        match self {
            Self::Arrow => arrows::check(workspace),
            Self::Manifest => manifests::check_crates(workspace),
            Self::Dependency => manifests::check_dependencies(workspace),
            Self::CrateRoot => crate_root::check(workspace),
            Self::FileSize => in_sources(file_sizes::check),
            Self::FileName => workspace.files().iter().filter_map(|path| file_names::check(path)).collect(),
            Self::Feature => features::check(workspace),
            Self::Ordering => in_sources(orderings::check),
            Self::Document => documents::check(workspace),
            Self::MachinePath => machine_paths::check(workspace),
            Self::Room => rooms::check(workspace),
            Self::Kernel => kernels::check(workspace),
            Self::Surface => surface::check(workspace),
            Self::Wording => wording::check(workspace),
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Arrow => "arrow",
            Self::Manifest => "manifest",
            Self::Dependency => "dependency",
            Self::CrateRoot => "crate root",
            Self::FileSize => "file size",
            Self::FileName => "file name",
            Self::Feature => "feature",
            Self::Ordering => "ordering",
            Self::Document => "document",
            Self::MachinePath => "machine path",
            Self::Room => "room",
            Self::Kernel => "kernel",
            Self::Surface => "surface",
            Self::Wording => "wording",
        })
    }
}
