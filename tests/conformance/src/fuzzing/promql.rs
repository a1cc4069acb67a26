use radiosonde_ops::{Catalogue, Checker, Diagnostic, DiagnosticCode};

const CATALOGUE: &str = include_str!("promql_catalogue.json");

/// Checks queries, a rule file or a dashboard, by the first byte: what is found has a line of the input, the same twice, and each fix is a query.
///
/// # Panics
/// If that does not hold.
pub fn promql(bytes: &[u8]) {
    let Some((kind, rest)) = bytes.split_first() else { return };
    let text = String::from_utf8_lossy(rest);
    let checker = checker();
    let check = || match kind {
        b'r' => checker.check_rules("rules.yml", &text),
        b'd' => checker.check_dashboard("dashboard.json", &text),
        b'm' => checker.check_queries("queries.md", &text),
        _ => checker.check_queries("queries.promql", &text),
    };
    let found = check();
    assert_eq!(found, check());
    for diagnostic in &found {
        let Diagnostic { line, fix, .. } = diagnostic;
        assert!((1..=text.lines().count() + 1).contains(line), "{diagnostic}");
        let Some(fix) = fix else { continue };
        let again = checker.check_rules("rules.yml", &format!("- record: a\n  expr: {fix:?}\n"));
        assert!(!again.iter().any(|found| found.code == DiagnosticCode::InvalidQuery), "{diagnostic}");
    }
}

#[allow(clippy::panic, reason = "a fuzz target fails by panicking")]
fn checker() -> Checker {
    let catalogue = Catalogue::from_json(CATALOGUE).unwrap_or_else(|error| panic!("{error}"));
    Checker::new(&catalogue).external("node_").target_label("service")
}
