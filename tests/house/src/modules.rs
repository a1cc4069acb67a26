//! The imports between the files of a crate.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens as _;
use syn::{Item, UseTree};

/// The imports of one crate's files, without tests.
#[derive(Debug, Default)]
pub(crate) struct Modules {
    /// Paths of files, relative to `src/`, by the path of their module.
    files: BTreeMap<Vec<String>, BTreeSet<String>>,
    /// From file to file, with the line of the first import.
    imports: BTreeMap<(String, String), usize>,
    /// Imports through the crate's root, with the file and the line.
    root_imports: Vec<(String, usize, String)>,
}

/// A path that starts in this crate, and its position.
#[derive(Debug, PartialEq, Eq)]
struct Import {
    segments: Vec<String>,
    line: usize,
}

impl Modules {
    /// Reads the files of a crate; each is its path below `src/` and its text.
    pub(crate) fn read(files: &[(String, String)]) -> Self {
        let mut modules = Self::default();
        for (path, _) in files {
            modules.files.entry(module_of(path)).or_default().insert(path.clone());
        }
        for (path, text) in files.iter().filter(|(path, _)| path != "lib.rs") {
            if let Ok(file) = syn::parse_file(text) {
                let mut imports = Vec::new();
                of_items(&file.items, &module_of(path), &mut imports);
                imports.into_iter().for_each(|import| modules.add(path, import));
            }
        }
        modules
    }

    fn add(&mut self, from: &str, import: Import) {
        // The longest prefix that is a module is the file that defines the name.
        let lengths = (1..=import.segments.len()).rev();
        let mut known = lengths.filter_map(|length| self.files.get(import.segments.get(..length)?));
        let Some(to) = known.next() else {
            // A macro of this crate has its path in the root.
            let name = import.segments.join("::");
            if !import.segments.first().is_some_and(|name| name.starts_with("__")) {
                self.root_imports.push((from.to_owned(), import.line, name));
            }
            return;
        };
        for to in to.iter().filter(|to| *to != from) {
            self.imports.entry((from.to_owned(), to.clone())).or_insert(import.line);
        }
    }

    /// Every import, as from, to and line.
    pub(crate) fn imports(&self) -> impl Iterator<Item = (&str, &str, usize)> {
        self.imports.iter().map(|((from, to), line)| (from.as_str(), to.as_str(), *line))
    }

    /// Imports through the root, as file, line and name.
    pub(crate) fn root_imports(&self) -> impl Iterator<Item = (&str, usize, &str)> {
        self.root_imports.iter().map(|(file, line, name)| (file.as_str(), *line, name.as_str()))
    }

    /// The first parts of all modules: folders and files directly below `src/`.
    pub(crate) fn rooms(&self) -> BTreeSet<&str> {
        self.files.keys().filter_map(|module| Some(module.first()?.as_str())).collect()
    }

    /// Groups of files that import each other, directly or indirectly; each group sorted.
    pub(crate) fn circles(&self) -> Vec<Vec<&str>> {
        let mut next: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (from, to, _) in self.imports() {
            next.entry(from).or_default().push(to);
        }
        let reach = |from: &str| {
            let mut seen = BTreeSet::new();
            let mut open: Vec<&str> = next.get(from).cloned().unwrap_or_default();
            while let Some(file) = open.pop() {
                if seen.insert(file) {
                    open.extend(next.get(file).into_iter().flatten());
                }
            }
            seen
        };
        let reached: BTreeMap<&str, BTreeSet<&str>> = next.keys().map(|file| (*file, reach(file))).collect();
        let mut circles = BTreeSet::new();
        for (file, seen) in &reached {
            let both = |other: &&&str| reached.get(**other).is_some_and(|back| back.contains(file));
            let mut circle: Vec<&str> = seen.iter().filter(both).copied().collect();
            circle.sort_unstable();
            if circle.len() > 1 {
                circles.insert(circle);
            }
        }
        circles.into_iter().collect()
    }
}

/// The module of a file. The stub of a feature that is off has the same module as the file it replaces.
pub(crate) fn module_of(path: &str) -> Vec<String> {
    let path = path.strip_suffix(".rs").unwrap_or(path);
    let mut parts: Vec<_> = path.split('/').map(str::to_owned).collect();
    if matches!(parts.last().map(String::as_str), Some("mod" | "lib")) {
        parts.pop();
    }
    if let Some(last) = parts.last_mut()
        && let Some(on) = last.strip_suffix("_off")
    {
        *last = on.to_owned();
    }
    parts
}

fn of_items(items: &[Item], module: &[String], imports: &mut Vec<Import>) {
    for item in items.iter().filter(|item| !is_test(item)) {
        match item {
            Item::Use(item) => {
                let line = item.use_token.span.start().line;
                let mut path = Vec::new();
                of_tree(&item.tree, &mut path, &mut |path| imports.extend(resolved(path, module, line)));
            }
            Item::Mod(inline) => {
                if let Some((_, items)) = &inline.content {
                    let inner: Vec<_> = module.iter().cloned().chain([inline.ident.to_string()]).collect();
                    of_items(items, &inner, imports);
                }
            }
            other => of_tokens(other.to_token_stream(), module, imports),
        }
    }
}

fn is_test(item: &Item) -> bool {
    let attributes = match item {
        Item::Mod(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        _ => return false,
    };
    let is_test = |text: String| {
        text.contains("cfg") && text.split(|c: char| !c.is_alphanumeric()).any(|word| word == "test")
    };
    attributes.iter().any(|attribute| is_test(attribute.to_token_stream().to_string()))
}

fn of_tree(tree: &UseTree, path: &mut Vec<String>, found: &mut dyn FnMut(&[String])) {
    match tree {
        UseTree::Path(part) => {
            path.push(part.ident.to_string());
            of_tree(&part.tree, path, found);
            path.pop();
        }
        UseTree::Group(group) => group.items.iter().for_each(|tree| of_tree(tree, path, found)),
        UseTree::Name(name) => {
            path.push(name.ident.to_string());
            found(path);
            path.pop();
        }
        UseTree::Rename(name) => {
            path.push(name.ident.to_string());
            found(path);
            path.pop();
        }
        UseTree::Glob(_) => found(path),
    }
}

/// Paths within code, including the arguments of macros.
fn of_tokens(tokens: TokenStream, module: &[String], imports: &mut Vec<Import>) {
    let mut path: Vec<String> = Vec::new();
    let mut line = 0;
    let mut colons = 0;
    let mut is_after_dollar = false;
    for token in tokens {
        // Code that a macro expands to elsewhere has to name things through the root: `$crate` is not an import.
        let dollar = std::mem::take(&mut is_after_dollar);
        match token {
            TokenTree::Ident(ident) if dollar => {
                path = vec![format!("${ident}")];
                colons = 0;
            }
            TokenTree::Ident(ident) => {
                if colons != 2 {
                    imports.extend(resolved(&path, module, line));
                    path.clear();
                    line = ident.span().start().line;
                }
                path.push(ident.to_string());
                colons = 0;
            }
            TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
            other => {
                imports.extend(resolved(&path, module, line));
                path.clear();
                colons = 0;
                is_after_dollar = matches!(&other, TokenTree::Punct(punct) if punct.as_char() == '$');
                if let TokenTree::Group(group) = other {
                    of_tokens(group.stream(), module, imports);
                }
            }
        }
    }
    imports.extend(resolved(&path, module, line));
}

/// A path from the crate's root on; `None` if it starts elsewhere.
fn resolved(path: &[String], module: &[String], line: usize) -> Option<Import> {
    let (first, rest) = path.split_first()?;
    let ups = path.iter().take_while(|part| *part == "super").count();
    let segments = match first.as_str() {
        "crate" => rest.to_vec(),
        "self" => module.iter().chain(rest).cloned().collect(),
        "super" => {
            let base = module.get(..module.len().checked_sub(ups)?)?;
            base.iter().chain(path.get(ups..)?).cloned().collect()
        }
        _ => return None,
    };
    // `pub(crate)` and `pub(super)` are not imports.
    (path.len() > 1).then_some(Import { segments, line })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(files: &[(&str, &str)]) -> Modules {
        let files: Vec<_> =
            files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
        Modules::read(&files)
    }

    fn imports(modules: &Modules) -> Vec<String> {
        modules.imports().map(|(from, to, line)| format!("{from}:{line} {to}")).collect()
    }

    #[test]
    fn every_way_to_write_a_path_is_an_import() {
        for text in [
            "use crate::b::C;",
            "use crate::{b::C, e};",
            "use super::b::{C, D as E};",
            "fn f() -> crate::b::C { }",
            "fn f() { g(super::b::C::new()) }",
            "fn f() { assert!(crate::b::C > 0); }",
            "mod inner { use super::super::b::C; }",
        ] {
            let modules = read(&[("a.rs", text), ("b.rs", ""), ("lib.rs", "mod a; mod b;")]);
            assert_eq!(imports(&modules), ["a.rs:1 b.rs"], "{text}");
        }
    }

    #[test]
    fn tests_other_crates_macros_and_visibilities_are_none() {
        let text = "macro_rules! m { () => { $crate::b::C } }\nuse std::b::C;\npub(crate) fn f() {}\n#[cfg(test)]\nmod tests { use crate::b::C; }\n#[cfg(all(test, loom))]\nuse crate::b::C;";
        assert_eq!(imports(&read(&[("a.rs", text), ("b.rs", "")])), [""; 0]);
    }

    #[test]
    fn a_folder_is_its_module_and_a_stub_what_it_replaces() {
        assert_eq!(module_of("a/mod.rs"), ["a"]);
        assert_eq!(module_of("a/b_off.rs"), ["a", "b"]);
        let modules = read(&[
            ("a/b.rs", "use super::c::D;"),
            ("a/c.rs", ""),
            ("a/c_off.rs", "use crate::e::F;"),
            ("e.rs", ""),
        ]);
        assert_eq!(imports(&modules), ["a/b.rs:1 a/c.rs", "a/b.rs:1 a/c_off.rs", "a/c_off.rs:1 e.rs"]);
        assert_eq!(modules.rooms(), ["a", "e"].into());
    }

    #[test]
    fn what_comes_through_the_root_is_told_apart() {
        let modules = read(&[("a.rs", "use crate::B;\nuse crate::__private::C;"), ("b.rs", "pub struct B;")]);
        assert_eq!(modules.root_imports().collect::<Vec<_>>(), [("a.rs", 1, "B")]);
    }

    #[test]
    fn a_circle_is_found_however_long() {
        let modules = read(&[
            ("a.rs", "use crate::b::B;"),
            ("b.rs", "use crate::c::C;"),
            ("c.rs", "use crate::a::A; use crate::d::D;"),
            ("d.rs", ""),
        ]);
        assert_eq!(modules.circles(), [["a.rs", "b.rs", "c.rs"]]);
    }
}
