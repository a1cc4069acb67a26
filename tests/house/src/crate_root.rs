use std::path::Path;

use syn::spanned::Spanned as _;
use syn::{Item, UseTree, Visibility};

use crate::{Finding, Workspace};

/// A library's first line, so that the example of its README is compiled and run.
const README: &str = "#![doc = include_str!(\"../README.md\")]";

/// A `lib.rs` is the index of its crate: documentation, attributes, `mod`, and `use` by name.
pub(crate) fn check(workspace: &Workspace) -> Vec<Finding> {
    let paths = workspace.packages().iter().map(|package| format!("{}/src/lib.rs", package.folder));
    let texts = paths.filter_map(|path| Some((workspace.read(&path)?, path)));
    texts.flat_map(|(text, path)| check_file(&path, &text)).collect()
}

fn check_file(path: &str, text: &str) -> Vec<Finding> {
    debug_assert!(Path::new(path).ends_with("lib.rs"));
    let mut findings = Vec::new();
    if text.lines().next() != Some(README) {
        findings.push(Finding::new(path, 1, format!("does not begin with `{README}`")));
    }
    match syn::parse_file(text) {
        Ok(file) => findings.extend(file.items.iter().filter_map(|item| {
            let (span, what) = refused(item)?;
            Some(Finding::new(
                path,
                span.start().line,
                format!("{what}; a crate's root holds only `mod` and named `use`"),
            ))
        })),
        Err(error) => findings.push(Finding::new(path, error.span().start().line, error.to_string())),
    }
    findings
}

fn refused(item: &Item) -> Option<(proc_macro2::Span, String)> {
    match item {
        Item::Mod(module)
            if module.content.as_ref().is_none_or(|(_, items)| is_index(&module.ident, items)) =>
        {
            None
        }
        // The compiler takes a macro's entry point from the root only.
        Item::Fn(function) if function.attrs.iter().any(is_proc_macro) => None,
        Item::Mod(module) => {
            Some((module.mod_token.span(), format!("`mod {}` with its content", module.ident)))
        }
        Item::Use(item) if is_glob(&item.tree) => {
            let public = if matches!(item.vis, Visibility::Inherited) { "`use" } else { "`pub use" };
            Some((item.use_token.span(), format!("{public} …::*`")))
        }
        Item::Use(_) => None,
        Item::Fn(function) => Some((function.sig.fn_token.span(), format!("`fn {}`", function.sig.ident))),
        Item::Const(item) => Some((item.const_token.span(), format!("`const {}`", item.ident))),
        Item::Static(item) => Some((item.static_token.span(), format!("`static {}`", item.ident))),
        Item::Type(item) => Some((item.type_token.span(), format!("`type {}`", item.ident))),
        Item::Struct(item) => Some((item.struct_token.span(), format!("`struct {}`", item.ident))),
        Item::Enum(item) => Some((item.enum_token.span(), format!("`enum {}`", item.ident))),
        Item::Trait(item) => Some((item.trait_token.span(), format!("`trait {}`", item.ident))),
        other => Some((other.span(), "an item that is neither `mod` nor `use`".to_owned())),
    }
}

/// A module such as `__private`, which only gives what macros expand to a path.
fn is_index(name: &syn::Ident, items: &[Item]) -> bool {
    name.to_string().starts_with("__")
        && items.iter().all(|item| matches!(item, Item::Use(_)) && refused(item).is_none())
}

fn is_proc_macro(attribute: &syn::Attribute) -> bool {
    attribute.path().get_ident().is_some_and(|name| name.to_string().starts_with("proc_macro"))
}

fn is_glob(tree: &UseTree) -> bool {
    match tree {
        UseTree::Glob(_) => true,
        UseTree::Path(path) => is_glob(&path.tree),
        UseTree::Group(group) => group.items.iter().any(is_glob),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(body: &str) -> Vec<String> {
        let text = format!("{README}\n#![allow(missing_docs, reason = \"a test\")]\n{body}");
        check_file("a/lib.rs", &text).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn an_index_passes() {
        let index =
            "mod a;\n#[cfg(feature = \"b\")]\npub mod b;\n/// A.\npub use a::{A, B as C};\nuse b::D;\n";
        assert_eq!(findings(index), [""; 0]);
        let macros = "#[doc(hidden)]\npub mod __private {\n    pub use crate::a::A;\n}\n#[proc_macro_derive(A)]\npub fn a() {}\n";
        assert_eq!(findings(macros), [""; 0]);
    }

    #[test]
    fn everything_else_is_refused_with_its_line() {
        for (body, what) in [
            ("pub use a::*;", "`pub use …::*`"),
            ("use a::{b, c::*};", "`use …::*`"),
            ("/// F.\nfn f() {}", "`fn f`"),
            ("const A: u8 = 1;", "`const A`"),
            ("mod a { }", "`mod a` with its content"),
            ("mod __a { fn f() {} }", "`mod __a` with its content"),
            ("mod __a { pub use b::*; }", "`mod __a` with its content"),
            ("struct A;", "`struct A`"),
            ("impl A {}", "neither"),
            ("macro_rules! a { () => {} }", "neither"),
        ] {
            let found = findings(body);
            let line = 2 + body.lines().count();
            assert!(found.len() == 1 && found[0].starts_with(&format!("a/lib.rs:{line}: ")), "{found:?}");
            assert!(found[0].contains(what), "{found:?}");
        }
    }

    #[test]
    fn the_readme_comes_first() {
        let found = check_file("a/lib.rs", "//! A crate.\nmod a;\n");
        assert!(found.len() == 1 && found[0].line == 1, "{found:?}");
    }

    #[test]
    fn what_is_no_rust_is_said() {
        assert_eq!(findings("mod a").len(), 1);
    }
}
