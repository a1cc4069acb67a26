use std::collections::{BTreeMap, BTreeSet};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::{Finding, Package, Workspace};

/// Fields that a crate inherits from the workspace.
const INHERITED: [&str; 5] = ["edition", "license", "repository", "rust-version", "version"];

/// The manifests and READMEs of our libraries.
pub(crate) fn check_crates(workspace: &Workspace) -> Vec<Finding> {
    let mut findings = Vec::new();
    for package in workspace.crates() {
        let path = format!("{}/Cargo.toml", package.folder);
        let text = workspace.read(&path).unwrap_or_default();
        findings.extend(check_crate(&path, &text, package));
        let path = format!("{}/README.md", package.folder);
        let readme = workspace.read(&path).unwrap_or_default();
        if !readme.lines().any(|line| matches!(line, "```rust" | "```rust,no_run")) {
            findings.push(Finding::new(&path, 1, "has no example: a code fence marked `rust`"));
        }
    }
    findings
}

fn check_crate(path: &str, text: &str, package: &Package) -> Vec<Finding> {
    let manifest = match Manifest::parse(path, text) {
        Ok(manifest) => manifest,
        Err(finding) => return vec![finding],
    };
    let mut findings = Vec::new();
    let Package { name, folder, .. } = package;
    if *folder != format!("crates/{name}") {
        findings.push(Finding::new(path, 1, format!("{name} is in {folder}; its folder is called like it")));
    }
    for key in INHERITED {
        if !manifest.is_inherited(&["package", key]) {
            findings.push(manifest.finding(&["package"], format!("`{key}.workspace = true` is missing")));
        }
    }
    if manifest.string(&["package", "readme"]) != Some("README.md") {
        findings.push(manifest.finding(&["package"], "`readme = \"README.md\"` is missing"));
    }
    if manifest.string(&["package", "description"]).is_none_or(str::is_empty) {
        findings.push(manifest.finding(&["package"], "the description is missing"));
    }
    if !manifest.is_inherited(&["lints"]) {
        findings.push(manifest.finding(&["package"], "`[lints] workspace = true` is missing"));
    }
    findings
}

/// Every version is in the root manifest, once, and is used.
pub(crate) fn check_dependencies(workspace: &Workspace) -> Vec<Finding> {
    let root = workspace.read("Cargo.toml").unwrap_or_default();
    let root = match Manifest::parse("Cargo.toml", &root) {
        Ok(root) => root,
        Err(finding) => return vec![finding],
    };
    let mut findings = check_root(&root);
    let mut used = BTreeSet::new();
    for package in workspace.packages() {
        let path = format!("{}/Cargo.toml", package.folder);
        let text = workspace.read(&path).unwrap_or_default();
        match Manifest::parse(&path, &text) {
            Ok(manifest) => {
                findings.extend(check_member(&manifest));
                used.extend(manifest.dependencies().map(|(name, _)| name.get_ref().to_string()));
            }
            Err(finding) => findings.push(finding),
        }
    }
    let unused = root.table(&["workspace", "dependencies"]).into_iter().flatten();
    let unused = unused.filter(|(name, _)| !used.contains(&**name.get_ref()));
    findings.extend(
        unused.map(|(name, _)| root.at(name.span().start, format!("nobody uses {}", name.get_ref()))),
    );
    findings
}

fn check_root(root: &Manifest<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut packages = BTreeMap::new();
    for (name, value) in root.table(&["workspace", "dependencies"]).into_iter().flatten() {
        let renamed = value.get_ref().get("package").and_then(|value| value.get_ref().as_str());
        let package = renamed.unwrap_or(name.get_ref());
        if let Some(first) = packages.insert(package.to_owned(), name.get_ref()) {
            let what = format!("{package} stands here twice, as {first} and as {}", name.get_ref());
            findings.push(root.at(name.span().start, what));
        }
    }
    findings
}

fn check_member(manifest: &Manifest<'_>) -> Vec<Finding> {
    let elsewhere = manifest.dependencies().filter(|(_, value)| {
        let inherited = value.get_ref().get("workspace").and_then(|value| value.get_ref().as_bool());
        inherited != Some(true)
    });
    let what = |name: &str| format!("{name} has its own version or path: expected `workspace = true`");
    elsewhere.map(|(name, _)| manifest.at(name.span().start, what(name.get_ref()))).collect()
}

type Entry<'a, 'b> = (&'b Spanned<std::borrow::Cow<'a, str>>, &'b Spanned<DeValue<'a>>);

/// A manifest with the positions of its entries.
struct Manifest<'a> {
    path: &'a str,
    text: &'a str,
    table: DeTable<'a>,
}

impl<'a> Manifest<'a> {
    fn parse(path: &'a str, text: &'a str) -> Result<Self, Finding> {
        match DeTable::parse(text) {
            Ok(table) => Ok(Self { path, text, table: table.into_inner() }),
            Err(error) => Err(Finding::new(path, 1, error.to_string())),
        }
    }

    fn at(&self, byte: usize, what: impl Into<String>) -> Finding {
        let before = self.text.as_bytes().get(..byte).unwrap_or_default();
        let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
        Finding::new(self.path, line, what)
    }

    /// A finding at the line of the table or value at `keys`.
    fn finding(&self, keys: &[&str], what: impl Into<String>) -> Finding {
        let (last, tables) = keys.split_last().unwrap_or((&"", &[]));
        let entry = self.table(tables).and_then(|table| table.get_key_value(*last));
        self.at(entry.map_or(0, |(key, _)| key.span().start), what)
    }

    fn table(&self, keys: &[&str]) -> Option<&DeTable<'a>> {
        keys.iter().try_fold(&self.table, |table, key| table.get(*key)?.get_ref().as_table())
    }

    fn string(&self, keys: &[&str]) -> Option<&str> {
        let (last, tables) = keys.split_last()?;
        self.table(tables)?.get(*last)?.get_ref().as_str()
    }

    fn is_inherited(&self, keys: &[&str]) -> bool {
        self.table(keys).and_then(|table| table.get("workspace")?.get_ref().as_bool()) == Some(true)
    }

    /// The entries of all dependency tables, including those for one target.
    fn dependencies(&self) -> impl Iterator<Item = Entry<'a, '_>> {
        const SECTIONS: [&str; 3] = ["build-dependencies", "dependencies", "dev-dependencies"];
        let targets = self.table(&["target"]).into_iter().flatten();
        let tables = targets.filter_map(|(_, target)| target.get_ref().as_table()).chain([&self.table]);
        let sections = tables.flat_map(|table| SECTIONS.iter().filter_map(|section| table.get(*section)));
        sections.filter_map(|section| section.get_ref().as_table()).flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CRATE: &str = "[package]\nname = \"a\"\ndescription = \"A\"\nversion.workspace = true\nedition.workspace = true\n\
        rust-version.workspace = true\nlicense.workspace = true\nrepository = { workspace = true }\nreadme = \"README.md\"\n\n\
        [lints]\nworkspace = true\n";

    fn of_crate(text: &str) -> Vec<String> {
        let package = Package {
            name: "a".into(),
            folder: "crates/a".into(),
            arrows: Vec::new(),
            foreign: Vec::new(),
            rooms: None,
        };
        check_crate("crates/a/Cargo.toml", text, &package).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_crate_that_inherits_everything_passes() {
        assert_eq!(of_crate(CRATE), [""; 0]);
    }

    #[test]
    fn each_thing_that_is_missing_is_said() {
        for (line, what) in [
            ("version.workspace = true\n", "`version.workspace = true`"),
            ("license.workspace = true\n", "`license.workspace = true`"),
            ("readme = \"README.md\"\n", "readme"),
            ("description = \"A\"\n", "description"),
            ("[lints]\nworkspace = true\n", "lints"),
        ] {
            let found = of_crate(&CRATE.replacen(line, "", 1));
            assert!(found.iter().any(|found| found.contains(what)), "{line}: {found:?}");
        }
        assert_eq!(of_crate(&CRATE.replace("version.workspace = true", "version = \"1.0\"")).len(), 2);
    }

    #[test]
    fn a_folder_of_another_name_is_refused() {
        let package = Package {
            name: "a".into(),
            folder: "crates/b".into(),
            arrows: Vec::new(),
            foreign: Vec::new(),
            rooms: None,
        };
        assert_eq!(check_crate("crates/b/Cargo.toml", CRATE, &package).len(), 1);
    }

    #[test]
    fn versions_outside_the_root_are_refused_in_every_table() {
        let text = "[dependencies]\na = { workspace = true, features = [\"x\"] }\nb = \"1\"\n[dev-dependencies.c]\nversion = \"1\"\n\
            [target.'cfg(unix)'.build-dependencies]\nd = { path = \"../d\" }\ne.workspace = true\n";
        let manifest = Manifest::parse("Cargo.toml", text).unwrap_or_else(|error| panic!("{error}"));
        let mut lines: Vec<_> = check_member(&manifest).iter().map(|finding| finding.line).collect();
        lines.sort_unstable();
        assert_eq!(lines, [3, 4, 7]);
    }

    #[test]
    fn a_package_under_two_names_is_refused() {
        let text = "[workspace.dependencies]\na = \"1\"\nb = { package = \"a\", version = \"2\" }\n";
        let manifest = Manifest::parse("Cargo.toml", text).unwrap_or_else(|error| panic!("{error}"));
        let found = check_root(&manifest);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].line, 3);
    }

    #[test]
    fn what_is_no_toml_is_said() {
        assert_eq!(of_crate("[package").len(), 1);
    }
}
