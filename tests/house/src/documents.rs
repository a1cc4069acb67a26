use std::collections::{BTreeSet, HashMap};

use crate::{Finding, Workspace};

/// The README lists all crates and examples, and the CHANGELOG repeats no heading.
pub(crate) fn check(workspace: &Workspace) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Some(readme) = workspace.read("README.md") {
        findings.extend(check_examples(&readme, &examples(workspace)));
        findings.extend(check_crates(&readme, workspace.crates().map(|package| &*package.name)));
    }
    for path in workspace.files().iter().filter(|path| path.rsplit('/').next() == Some("CHANGELOG.md")) {
        findings.extend(check_headings(path, &workspace.read(path).unwrap_or_default()));
    }
    findings
}

/// The folders under `examples/`.
fn examples(workspace: &Workspace) -> BTreeSet<&str> {
    let below = workspace.files().iter().filter_map(|path| path.strip_prefix("examples/"));
    below.filter_map(|path| Some(path.split_once('/')?.0)).collect()
}

fn check_examples(readme: &str, present: &BTreeSet<&str>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut listed = BTreeSet::new();
    for (at, line) in readme.lines().enumerate() {
        for after in line.split("examples/").skip(1) {
            let end = after
                .find(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_')
                .unwrap_or(after.len());
            let name = after.get(..end).unwrap_or_default();
            if !name.is_empty() && !present.contains(name) {
                findings.push(Finding::new("README.md", at + 1, format!("there is no examples/{name}")));
            }
            listed.insert(name);
        }
    }
    let missing = present.difference(&listed).map(|name| format!("examples/{name} is not listed"));
    findings.extend(missing.map(|what| Finding::new("README.md", 1, what)));
    findings
}

fn check_crates<'a>(readme: &str, crates: impl Iterator<Item = &'a str>) -> Vec<Finding> {
    let listed = |name: &str| {
        readme.split(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_').any(|word| word == name)
    };
    let missing = crates.filter(|name| !listed(name)).map(|name| format!("crate {name} is not listed"));
    missing.map(|what| Finding::new("README.md", 1, what)).collect()
}

/// No two sections of a level have the same heading, nor two parts of one section.
fn check_headings(path: &str, text: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut section = "";
    let mut seen: HashMap<(&str, &str), usize> = HashMap::new();
    for (at, line) in text.lines().enumerate() {
        let line = line.trim_end();
        let below = if line.starts_with("## ") {
            section = line;
            ""
        } else if line.starts_with("###") {
            section
        } else {
            continue;
        };
        if let Some(first) = seen.insert((below, line), at + 1) {
            findings.push(Finding::new(path, at + 1, format!("{line:?} stands in line {first} as well")));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(findings: Vec<Finding>) -> Vec<String> {
        findings.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn examples_listed_are_examples_present() {
        let present = ["quickstart", "shop"].into();
        assert_eq!(check_examples("[a](examples/quickstart)\n| `examples/shop/` |\n", &present), []);
        let found = texts(check_examples("# A\n[a](examples/quickstart), examples/fleet\n", &present));
        assert_eq!(
            found,
            ["README.md:2: there is no examples/fleet", "README.md:1: examples/shop is not listed"]
        );
    }

    #[test]
    fn a_crate_is_listed_by_its_whole_name() {
        let found = texts(check_crates("| `radiosonde-core-x` |", ["radiosonde-core"].into_iter()));
        assert_eq!(found, ["README.md:1: crate radiosonde-core is not listed"]);
        assert_eq!(check_crates("| [`radiosonde-core`](x) |", ["radiosonde-core"].into_iter()), []);
    }

    #[test]
    fn headings_that_stand_twice_are_refused() {
        let fine = "# Changelog\n## 0.2.0\n### Added\n### Fixed\n## 0.1.0\n### Added\n";
        assert_eq!(check_headings("CHANGELOG.md", fine), []);
        let twice = "## 0.1.0\n### Added\n### Added \n## 0.1.0\n";
        assert_eq!(
            texts(check_headings("CHANGELOG.md", twice)),
            [
                "CHANGELOG.md:3: \"### Added\" stands in line 2 as well",
                "CHANGELOG.md:4: \"## 0.1.0\" stands in line 1 as well"
            ]
        );
    }
}
