use std::collections::BTreeSet;

use syn::{Item, UseTree, Visibility};
use toml::de::DeTable;

use crate::{Finding, Workspace};

/// Crates that no service names: the facade itself, what expands derives, and what only tests use.
const UNSEEN: [&str; 3] = ["radiosonde", "radiosonde-macros", "radiosonde-testkit"];

/// Everything public is reachable by name through the facade, and each README lists its crate's features.
pub(crate) fn check(workspace: &Workspace) -> Vec<Finding> {
    let mut findings = check_names(workspace);
    for package in workspace.crates() {
        let manifest = workspace.read(&format!("{}/Cargo.toml", package.folder)).unwrap_or_default();
        let path = format!("{}/README.md", package.folder);
        let readme = workspace.read(&path).unwrap_or_default();
        findings.extend(check_features(&path, &readme, &features(&manifest)));
    }
    findings
}

fn check_names(workspace: &Workspace) -> Vec<Finding> {
    let facade = workspace.sources().filter(|(path, _)| path.starts_with("crates/radiosonde/src/"));
    let reached: BTreeSet<String> = facade.flat_map(|(_, text)| reached(&text)).collect();
    let mut findings = Vec::new();
    for package in workspace.crates().filter(|package| !UNSEEN.contains(&package.name.as_str())) {
        let path = format!("{}/src/lib.rs", package.folder);
        let text = workspace.read(&path).unwrap_or_default();
        findings.extend(check_crate(&path, &text, &package.name.replace('-', "_"), &reached));
    }
    findings
}

fn check_crate(path: &str, root: &str, name: &str, reached: &BTreeSet<String>) -> Vec<Finding> {
    // The whole crate under a name of the facade's.
    if reached.contains(name) {
        return Vec::new();
    }
    let public = exports(root).into_iter().map(|export| export.name);
    let is_reached = |item: &str| {
        let origins = [name, "radiosonde_macros"];
        origins.iter().any(|origin| reached.contains(&format!("{origin}::{item}")))
    };
    let missing: BTreeSet<_> = public.filter(|item| !is_reached(item)).collect();
    let what = |item| format!("`{item}` is not reachable through the facade");
    missing.into_iter().map(|item| Finding::new(path, 1, what(item))).collect()
}

/// What a facade with this file makes reachable, as `crate::name`.
fn reached(text: &str) -> Vec<String> {
    let mut reached = Vec::new();
    for Export { path, name } in exports(text) {
        // A macro of ours for the facade stands in for the one of the crate below it.
        if path.starts_with("radiosonde_macros::") {
            reached.push(format!("radiosonde_macros::{name}"));
        }
        reached.push(path);
    }
    reached
}

/// A public name, and the path that it stands for.
struct Export {
    path: String,
    name: String,
}

/// The public uses and modules of a file; hidden ones left out.
fn exports(text: &str) -> Vec<Export> {
    let mut found = Vec::new();
    for item in syn::parse_file(text).map(|file| file.items).unwrap_or_default() {
        match item {
            Item::Use(item) if is_public(&item.vis) && !is_hidden(&item.attrs) => {
                of_tree(&item.tree, "", &mut found);
            }
            Item::Mod(item) if is_public(&item.vis) && !is_hidden(&item.attrs) => {
                let name = item.ident.to_string();
                found.push(Export { path: name.clone(), name });
            }
            _ => {}
        }
    }
    found
}

fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

fn is_hidden(attributes: &[syn::Attribute]) -> bool {
    let hidden = |attribute: &&syn::Attribute| {
        attribute.path().is_ident("doc")
            && attribute.parse_args::<syn::Ident>().is_ok_and(|word| word == "hidden")
    };
    attributes.iter().any(|attribute| hidden(&attribute))
}

fn of_tree(tree: &UseTree, before: &str, found: &mut Vec<Export>) {
    let join = |name: &syn::Ident| match before {
        "" => name.to_string(),
        before if name == "self" => before.to_owned(),
        before => format!("{before}::{name}"),
    };
    match tree {
        UseTree::Path(path) => of_tree(&path.tree, &join(&path.ident), found),
        UseTree::Group(group) => group.items.iter().for_each(|tree| of_tree(tree, before, found)),
        UseTree::Name(name) => found.push(Export { path: join(&name.ident), name: name.ident.to_string() }),
        UseTree::Rename(name) => {
            found.push(Export { path: join(&name.ident), name: name.rename.to_string() })
        }
        UseTree::Glob(_) => {}
    }
}

fn features(manifest: &str) -> BTreeSet<String> {
    let manifest = DeTable::parse(manifest).ok();
    let features =
        manifest.as_ref().and_then(|manifest| manifest.get_ref().get("features")?.get_ref().as_table());
    let names = features.into_iter().flatten().map(|(name, _)| name.get_ref().to_string());
    names.filter(|name| name != "default").collect()
}

/// The first column of every table whose first heading is `Feature`.
fn check_features(path: &str, readme: &str, features: &BTreeSet<String>) -> Vec<Finding> {
    let mut listed = BTreeSet::new();
    let mut findings = Vec::new();
    let mut in_table = false;
    for (at, line) in readme.lines().enumerate() {
        let first = line.strip_prefix('|').and_then(|row| row.split('|').next()).map(str::trim);
        in_table = first.is_some_and(|first| in_table || first == "Feature");
        let name = first.filter(|_| in_table).and_then(|first| first.split('`').nth(1));
        if let Some(name) = name {
            listed.insert(name.to_owned());
            if !features.contains(name) {
                findings.push(Finding::new(path, at + 1, format!("there is no feature `{name}`")));
            }
        }
    }
    let missing = features.difference(&listed).map(|name| format!("feature `{name}` is not listed"));
    findings.extend(missing.map(|what| Finding::new(path, 1, what)));
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whats(findings: Vec<Finding>) -> Vec<String> {
        findings.into_iter().map(|finding| finding.what).collect()
    }

    #[test]
    fn a_name_is_reached_by_itself_or_with_its_crate() {
        let root = "mod a;\npub mod b;\npub use a::{C, E as D};\n#[doc(hidden)]\npub use a::F;\nuse a::G;\n";
        let check = |facade: &str| {
            let reached = reached(facade).into_iter().collect();
            whats(check_crate("lib.rs", root, "radiosonde_x", &reached))
        };
        assert_eq!(check("pub use radiosonde_x as x;"), [""; 0]);
        assert_eq!(check("pub use radiosonde_x::{C, D, b};"), [""; 0]);
        assert_eq!(check("pub use radiosonde_x::{self as x, C};").len(), 0);
        let missing = ["`D` is not reachable through the facade", "`b` is not reachable through the facade"];
        assert_eq!(check("use radiosonde_x as x;\npub use radiosonde_x::C;"), missing);
        assert_eq!(check("pub use radiosonde_macros::FacadeD as D;\npub use radiosonde_x::{C, b};"), [""; 0]);
    }

    #[test]
    fn features_listed_are_features_present() {
        let manifest = "[features]\ndefault = [\"a\"]\na = []\nb = []\n";
        let check = |readme: &str| whats(check_features("README.md", readme, &features(manifest)));
        assert_eq!(check("| Feature | For |\n|---|---|\n| `a` (default) | `x` |\n| `b` | y |\n"), [""; 0]);
        assert_eq!(
            check("| Feature | For |\n|---|---|\n| `a` | x |\n| `c` | y |\n\n| `d` | no feature |\n"),
            ["there is no feature `c`", "feature `b` is not listed"]
        );
    }
}
