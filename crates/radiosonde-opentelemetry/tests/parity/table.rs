//! Differences, as the README's table lists them.

use std::collections::{BTreeMap, BTreeSet};

use crate::described::Parts;

const README: &str = include_str!("../../README.md");

/// A part and its values from the two layers, empty if it has no such part.
type Difference = (String, String, String);

/// Which spans have a difference: `program / span`.
pub(crate) type Differences = BTreeMap<Difference, BTreeSet<String>>;

/// Adds the differences of one program.
pub(crate) fn compare(
    program: &str,
    (native, bridged): (&BTreeMap<String, Parts>, &BTreeMap<String, Parts>),
    into: &mut Differences,
) {
    let spans: BTreeSet<&String> = native.keys().chain(bridged.keys()).collect();
    for span in spans {
        let mut add = |part: &str, native: &str, bridged: &str| {
            let difference = (part.to_owned(), native.to_owned(), bridged.to_owned());
            into.entry(difference).or_default().insert(format!("{program} / {span}"));
        };
        let (Some(native), Some(bridged)) = (native.get(span), bridged.get(span)) else {
            let made = |parts: &BTreeMap<String, Parts>| if parts.contains_key(span) { "made" } else { "" };
            add("the span", made(native), made(bridged));
            continue;
        };
        let parts: BTreeSet<&String> = native.keys().chain(bridged.keys()).collect();
        for part in parts {
            let of = |parts: &Parts| parts.get(part).cloned().unwrap_or_default();
            let (native, bridged) = (of(native), of(bridged));
            if native != bridged {
                add(part, &native, &bridged);
            }
        }
    }
}

/// As rows of the table, without reasons.
pub(crate) fn rows(differences: &Differences) -> BTreeSet<String> {
    let code = |text: &str| if text.is_empty() { String::new() } else { format!("`{text}`") };
    differences
        .iter()
        .map(|((part, native, bridged), spans)| {
            let spans = spans.iter().cloned().collect::<Vec<_>>().join(", ");
            format!("| {part} | {} | {} | {spans}", code(native), code(bridged))
        })
        .collect()
}

/// The rows that the README lists, without their reasons.
pub(crate) fn listed() -> BTreeSet<String> {
    let rows = README.lines().skip_while(|line| !line.starts_with("| part |")).skip(2);
    rows.take_while(|line| line.starts_with('|'))
        .map(|line| {
            let (row, reason) = line.trim_end_matches([' ', '|']).rsplit_once(" | ").expect("five cells");
            assert!(reason.len() > 10, "a reason: {line}");
            row.to_owned()
        })
        .collect()
}
