use std::collections::BTreeSet;

use crate::modules::{Modules, module_of};
use crate::{Finding, Package, Workspace};

/// The modules directly below `src/` are the rooms of a crate: the manifest lists them, and imports point down the list.
pub(crate) fn check(workspace: &Workspace) -> Vec<Finding> {
    workspace.crates().flat_map(|package| check_crate(workspace, package)).collect()
}

fn check_crate(workspace: &Workspace, package: &Package) -> Vec<Finding> {
    let manifest = format!("{}/Cargo.toml", package.folder);
    let Some(rooms) = &package.rooms else {
        return vec![Finding::new(&manifest, 1, "`rooms` is missing in [package.metadata.house]")];
    };
    let source = format!("{}/src/", package.folder);
    let sources =
        workspace.sources().filter_map(|(path, text)| Some((path.strip_prefix(&source)?.to_owned(), text)));
    let modules = Modules::read(&sources.collect::<Vec<_>>());
    let at = |file: &str| format!("{source}{file}");
    let mut findings = check_list(&manifest, rooms, &modules.rooms());
    findings.extend(
        check_imports(rooms, &modules)
            .into_iter()
            .map(|(file, line, what)| Finding::new(&at(file), line, what)),
    );
    for circle in modules.circles().into_iter().filter(|circle| !is_type_and_builder(circle)) {
        let first = circle.first().copied().unwrap_or_default();
        findings.push(Finding::new(&at(first), 1, format!("a circle of files: {}", circle.join(", "))));
    }
    findings
}

fn check_list(manifest: &str, listed: &[String], present: &BTreeSet<&str>) -> Vec<Finding> {
    let missing = present.iter().filter(|room| !listed.iter().any(|listed| listed == *room));
    let missing = missing.map(|room| format!("room `{room}` is not listed"));
    let gone = listed.iter().filter(|room| !present.contains(room.as_str()));
    let gone = gone.map(|room| format!("there is no room `{room}`"));
    missing.chain(gone).map(|what| Finding::new(manifest, 1, what)).collect()
}

fn check_imports<'a>(rooms: &[String], modules: &'a Modules) -> Vec<(&'a str, usize, String)> {
    let room = |file: &str| {
        let name = module_of(file).into_iter().next()?;
        rooms.iter().position(|room| *room == name)
    };
    let up = modules.imports().filter_map(|(from, to, line)| {
        let (above, below) = (room(from)?, room(to)?);
        (below < above)
            .then(|| (from, line, format!("imports {to}, which stands above in the list of rooms")))
    });
    let root_imports = modules.root_imports().map(|(file, line, name)| {
        (
            file,
            line,
            format!("imports `{name}` through the root; expected: the path of the module that defines it"),
        )
    });
    up.chain(root_imports).collect()
}

/// `x.rs` with `x_builder.rs`, or a `builder.rs` with the type it builds beside it.
fn is_type_and_builder(circle: &[&str]) -> bool {
    let [a, b] = circle else { return false };
    let builds = |builder: &str, built: &str| {
        let (Some(folder), Some(name)) = (
            builder.rsplit_once('/').map_or(Some(""), |(folder, _)| Some(folder)),
            builder.rsplit('/').next(),
        ) else {
            return false;
        };
        let beside = built.rsplit_once('/').map_or("", |(folder, _)| folder) == folder;
        beside
            && (name == "builder.rs"
                || name == built.rsplit('/').next().unwrap_or_default().replace(".rs", "_builder.rs"))
    };
    builds(a, b) || builds(b, a)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn modules(files: &[(&str, &str)]) -> Modules {
        Modules::read(
            &files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect::<Vec<_>>(),
        )
    }

    #[test]
    fn an_import_up_the_list_is_refused_with_its_line() {
        let modules = modules(&[("a/b.rs", "use crate::c::D;\n"), ("c.rs", "\nuse crate::a::b::E;\n")]);
        let found = check_imports(&["a".to_owned(), "c".to_owned()], &modules);
        assert_eq!(
            found,
            [("c.rs", 2, "imports a/b.rs, which stands above in the list of rooms".to_owned())]
        );
    }

    #[test]
    fn the_list_holds_the_rooms_that_are_there() {
        let found = check_list("Cargo.toml", &["a".to_owned(), "b".to_owned()], &["a", "c"].into());
        let found: Vec<_> = found.iter().map(|finding| finding.what.as_str()).collect();
        assert_eq!(found, ["room `c` is not listed", "there is no room `b`"]);
    }

    #[test]
    fn a_type_and_its_builder_may_know_each_other() {
        assert!(is_type_and_builder(&["a/filter.rs", "a/filter_builder.rs"]));
        assert!(is_type_and_builder(&["builder.rs", "layer.rs"]));
        assert!(!is_type_and_builder(&["a/builder.rs", "layer.rs"]));
        assert!(!is_type_and_builder(&["a/filter.rs", "a/other_builder.rs"]));
        assert!(!is_type_and_builder(&["a.rs", "b.rs", "builder.rs"]));
    }

    #[test]
    fn a_crate_without_a_list_is_refused() {
        let package = Package {
            name: "a".into(),
            folder: "crates/a".into(),
            arrows: Vec::new(),
            foreign: Vec::new(),
            rooms: None,
        };
        assert_eq!(check_crate(&Workspace::this(), &package).len(), 1);
    }
}
