use syn::spanned::Spanned as _;
use syn::visit::Visit;

use crate::Finding;
use crate::source::{before_tests, split};

const WEAK: [&str; 4] = ["AcqRel", "Acquire", "Relaxed", "Release"];
/// How far above a use its comment may be, outside the function.
const ABOVE: usize = 8;

/// Every ordering weaker than `SeqCst` has a comment, in the same function or just above, that names it.
pub(crate) fn check(path: &str, text: &str) -> Vec<Finding> {
    let functions = functions(text);
    let lines: Vec<_> = before_tests(text).map(|(number, line)| (number, split(line))).collect();
    let mut findings = Vec::new();
    for (number, (code, _)) in &lines {
        for imported in ["Ordering::{", "Ordering::*"].into_iter().filter(|import| code.contains(import)) {
            findings.push(Finding::new(
                path,
                *number,
                format!("`{imported}` hides which orderings are used"),
            ));
        }
        for ordering in WEAK.into_iter().filter(|weak| uses(code, weak)) {
            let of_function = functions.iter().filter(|(from, to)| (*from..=*to).contains(number));
            let (from, to) =
                of_function.min_by_key(|(from, to)| to - from).copied().unwrap_or((*number, *number));
            let near = from.min(number.saturating_sub(ABOVE))..=to;
            let said = lines.iter().any(|(at, (_, comment))| {
                near.contains(at) && comment.is_some_and(|comment| comment.contains(ordering))
            });
            if !said {
                let what = format!("`Ordering::{ordering}` without a comment that names it");
                findings.push(Finding::new(path, *number, what));
            }
        }
    }
    findings
}

fn uses(code: &str, ordering: &str) -> bool {
    let name = format!("Ordering::{ordering}");
    code.match_indices(&name).any(|(at, _)| {
        let after = code.get(at + name.len()..).and_then(|rest| rest.chars().next());
        !after.is_some_and(|c| c.is_alphanumeric() || c == '_')
    })
}

/// First and last line of each function.
fn functions(text: &str) -> Vec<(usize, usize)> {
    let mut functions = Functions(Vec::new());
    if let Ok(file) = syn::parse_file(text) {
        functions.visit_file(&file);
    }
    functions.0
}

struct Functions(Vec<(usize, usize)>);

impl Functions {
    fn add(&mut self, span: proc_macro2::Span) {
        self.0.push((span.start().line, span.end().line));
    }
}

impl<'a> Visit<'a> for Functions {
    fn visit_item_fn(&mut self, function: &'a syn::ItemFn) {
        self.add(function.span());
        syn::visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &'a syn::ImplItemFn) {
        self.add(function.span());
        syn::visit::visit_impl_item_fn(self, function);
    }

    fn visit_trait_item_fn(&mut self, function: &'a syn::TraitItemFn) {
        self.add(function.span());
        syn::visit::visit_trait_item_fn(self, function);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: [usize; 0] = [];

    fn lines(text: &str) -> Vec<usize> {
        check("a.rs", text).into_iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn an_ordering_without_a_word_is_refused() {
        assert_eq!(lines("fn f() {\n    A.load(Ordering::Relaxed);\n}\n"), [2]);
        assert_eq!(lines("fn f() {\n    // Gets it.\n    A.load(atomic::Ordering::Acquire);\n}\n"), [3]);
    }

    #[test]
    fn the_comment_names_the_ordering() {
        let swap = "fn f() {\n    // Acquire: sees what the writer did.\n    A.swap(1, Ordering::Acquire, Ordering::Relaxed);\n}\n";
        assert_eq!(lines(swap), [3], "the comment does not name Relaxed");
        assert_eq!(lines(&swap.replace("Acquire: sees", "Acquire, Relaxed: sees")), NONE);
    }

    #[test]
    fn a_comment_in_another_function_is_too_far_away() {
        let far = "\n".repeat(ABOVE);
        let text = format!(
            "fn f() {{\n    // Relaxed: a total.\n    A.load(Ordering::Relaxed);\n}}\n{far}fn g() {{\n    A.load(Ordering::Relaxed);\n}}\n"
        );
        assert_eq!(lines(&text), [6 + ABOVE]);
    }

    #[test]
    fn a_long_function_says_it_once() {
        let far = "    b();\n".repeat(3 * ABOVE);
        let text = format!("fn f() {{\n    // Relaxed: a total.\n{far}    A.load(Ordering::Relaxed);\n}}\n");
        assert_eq!(lines(&text), NONE);
    }

    #[test]
    fn documentation_and_text_use_nothing_and_tests_may_do_as_they_like() {
        let text = "/// `Ordering::Relaxed`\nconst A: &str = \"Ordering::Relaxed\";\n#[cfg(test)]\nmod tests {\n    const B: Ordering = Ordering::Relaxed;\n}\n";
        assert_eq!(lines(text), NONE);
        assert_eq!(lines("use std::sync::atomic::Ordering::{self, SeqCst};\n"), [1]);
        assert_eq!(lines("fn f() { A.load(Ordering::SeqCst) }\n"), NONE);
    }
}
