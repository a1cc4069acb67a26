//! Damaged rules, dashboards and queries are refused or checked: nothing panics, and findings have a line and a fix that is PromQL.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;

use radiosonde_ops::{Catalogue, Checker, Diagnostic, DiagnosticCode};

/// Numbers that are the same in each run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % end.max(1)
    }
}

/// The text with a few places removed, repeated, moved or replaced.
fn damaged(text: &str, numbers: &mut Numbers) -> String {
    const PIECES: [&str; 16] = [
        "(", ")", "{", "}", "[", "]", "\"", "'", "- ", ": ", "&a ", "*a ", "\\", " by (le) ", "$x",
        "\u{1f4a5}",
    ];
    let mut chars: Vec<char> = text.chars().collect();
    for _ in 0..=numbers.below(4) {
        let start = numbers.below(chars.len());
        let end = (start + numbers.below(12)).min(chars.len());
        let piece: Vec<char> = chars.drain(start..end).collect();
        let at = numbers.below(chars.len());
        match numbers.below(4) {
            0 => {}
            1 => drop(chars.splice(at..at, piece)),
            2 => drop(chars.splice(start..start, [piece.clone(), piece].concat())),
            _ => drop(chars.splice(at..at, PIECES[numbers.below(PIECES.len())].chars())),
        }
    }
    chars.into_iter().collect()
}

fn assert_sound(checker: &Checker, text: &str, found: &[Diagnostic]) {
    for diagnostic in found {
        assert!((1..=text.lines().count() + 1).contains(&diagnostic.line), "{diagnostic}\n{text}");
        let Some(fix) = &diagnostic.fix else { continue };
        let again = checker.check_rules("fix.yml", &format!("- record: a\n  expr: {fix:?}\n"));
        assert!(again.iter().all(|found| found.code != DiagnosticCode::InvalidQuery), "{diagnostic}\n{text}");
    }
}

#[test]
fn damaged_files_are_refused_or_checked() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/guides/valtronics");
    let read = |file: &str| fs::read_to_string(folder.join(file)).unwrap();
    let checker = Checker::new(&Catalogue::from_json(&read("catalogue.json")).unwrap());
    let (rules, dashboard) = (read("rules.yml"), read("system-overview.json"));
    let mut numbers = Numbers(1);
    for _ in 0..200 {
        let text = damaged(&rules, &mut numbers);
        assert_sound(&checker, &text, &checker.check_rules("r.yml", &text));
        let text = damaged(&dashboard, &mut numbers);
        assert_sound(&checker, &text, &checker.check_dashboard("d.json", &text));
    }
}

#[test]
fn damaged_queries_are_refused_or_checked() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/guides/aetherra");
    let read = |file: &str| fs::read_to_string(folder.join(file)).unwrap();
    let checker = Checker::new(&Catalogue::from_json(&read("catalogue.json")).unwrap());
    let queries = read("queries.promql");
    let queries: Vec<_> = queries.split("\n\n").collect();
    let mut numbers = Numbers(2);
    for _ in 0..2000 {
        let text = damaged(queries[numbers.below(queries.len())], &mut numbers);
        assert_sound(&checker, &text, &checker.check_queries("q.promql", &text));
    }
}
