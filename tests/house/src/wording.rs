use std::collections::BTreeMap;
use std::path::Path;

use crate::{Finding, Workspace};

/// Files with words that the project does not use, and the number of them in each. It only shrinks.
const DEBT: &str = "tests/house/wording.txt";

/// Words and phrases of the list in the project's guide to its English, in lower case, and what to write.
const NOT_USED: &[(&str, &str)] = &[
    ("allowed are", "expected"),
    ("allowed is", "expected"),
    ("anew", "again"),
    ("graver", "more severe"),
    ("in vain", "without effect"),
    ("is none", "is not a, has no"),
    ("lest", "so that not"),
    ("reckon", "count"),
    ("said", "reported, contained"),
    ("says", "contains, reports, has"),
    ("seeds", "requirements; the native profile"),
    ("shall", "must, does"),
    ("so many", "the number"),
    ("tells", "reports, distinguishes"),
    ("unless asked otherwise", "default:"),
    ("what comes", "name the thing"),
    ("what goes", "name the thing"),
    ("what is there", "name the thing"),
    ("who", "name the subject"),
    ("whoever", "name the subject"),
];

/// Programs whose names have no extension.
const SCRIPTS: [&str; 3] = ["tests/backends/provide", "tests/features", "tests/run"];

/// The words of comments, documents and messages.
pub(crate) fn check(workspace: &Workspace) -> Vec<Finding> {
    let debt = workspace.read(DEBT).unwrap_or_default();
    let debt = owed(&debt);
    let mut findings = Vec::new();
    for (path, found) in found(workspace) {
        let owed = debt.get(path).copied().unwrap_or(0);
        if found.len() > owed {
            findings.extend(found.into_iter().map(|(line, what)| Finding::new(path, line, what)));
        } else if found.len() < owed {
            let what = format!("{path} has {} of these words, the list {owed}", found.len());
            findings.push(Finding::new(DEBT, 1, what));
        }
    }
    let gone = debt.keys().filter(|path| !workspace.files().iter().any(|file| file == *path));
    findings.extend(gone.map(|path| Finding::new(DEBT, 1, format!("{path} does not exist"))));
    findings
}

fn found(workspace: &Workspace) -> impl Iterator<Item = (&str, Vec<(usize, String)>)> {
    let files = workspace.files().iter().filter(|path| is_read(path));
    files.filter_map(|path| Some((path.as_str(), check_text(path, &workspace.read(path)?))))
}

fn is_read(path: &str) -> bool {
    let extension = Path::new(path).extension().and_then(|extension| extension.to_str());
    let is_script = SCRIPTS.contains(&path);
    // The rule names what it refuses.
    (is_script || matches!(extension, Some("rs" | "md" | "toml" | "yml")))
        && path != "tests/house/src/wording.rs"
}

fn owed(list: &str) -> BTreeMap<&str, usize> {
    let entries = list.lines().filter_map(|line| line.split_once(' '));
    entries.filter_map(|(count, path)| Some((path, count.parse().ok()?))).collect()
}

fn check_text(path: &str, text: &str) -> Vec<(usize, String)> {
    let prose = Path::new(path).extension().is_some_and(|extension| extension == "md");
    let mut found = Vec::new();
    let (mut before, mut continues) = (String::new(), false);
    for (at, line) in text.lines().enumerate() {
        let words = if prose { line.to_lowercase() } else { words_of_code(line, continues).to_lowercase() };
        // A literal goes on where its line ends with a backslash.
        continues = !prose && line.ends_with('\\') && (continues || line.contains('"'));
        let wrapped = format!("{} {}", before.trim(), words.trim());
        let refused = NOT_USED.iter().filter(|(phrase, _)| {
            let is_wrapped = || contains(&wrapped, phrase) && !contains(&before, phrase);
            contains(&words, phrase) || (phrase.contains(' ') && is_wrapped())
        });
        found.extend(
            refused.map(|(phrase, instead)| {
                (at + 1, format!("\"{phrase}\" is not used here; write: {instead}"))
            }),
        );
        before = words;
    }
    found
}

/// The text between quotes and in the comment of a line of code, which may begin within quotes.
fn words_of_code(line: &str, in_quotes: bool) -> String {
    let mut words = String::new();
    let mut rest = line;
    if in_quotes {
        let (quoted, after) = line.split_once('"').unwrap_or((line, ""));
        words.push_str(quoted.trim_end_matches('\\'));
        words.push(' ');
        rest = after;
    }
    while let Some(at) = rest.find(['"', '/', '#']) {
        let (mark, after) = rest.split_at(at).1.split_at(1);
        match mark {
            "\"" => {
                let end = after.find('"').unwrap_or(after.len());
                words.push_str(after.get(..end).unwrap_or_default());
                words.push(' ');
                rest = after.get(end + 1..).unwrap_or_default();
            }
            "#" if !after.starts_with(' ') => rest = after,
            "/" if !after.starts_with('/') => rest = after,
            _ => {
                words.push_str(after.trim_start_matches(['/', '!']));
                break;
            }
        }
    }
    words
}

/// Whether the phrase stands in the text as words of its own, outside of backticks.
fn contains(text: &str, phrase: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(phrase).any(|(at, _)| {
        let (before, after) =
            (text.get(..at).unwrap_or_default(), text.get(at + phrase.len()..).unwrap_or_default());
        let alone = !before.ends_with(is_word) && !after.starts_with(is_word);
        alone && before.matches('`').count() % 2 == 0
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_comments_documents_and_messages_are_read() {
        let found = |path: &str, text: &str| check_text(path, text).len();
        assert_eq!(found("a.rs", "let whoever = 1; // Whoever calls"), 1);
        assert_eq!(found("a.rs", "f(\"nobody shall pass\")"), 1);
        assert_eq!(found("a.rs", "let shall = said(tells);"), 0);
        assert_eq!(found("a.md", "The header, which says what is there."), 2);
        assert_eq!(found("a.md", "`who` prints who is there"), 1);
        assert_eq!(found("a.md", "wholly unsaid"), 0);
        assert_eq!(found("a.toml", "# Whom it serves, and who it is"), 1);
        assert_eq!(found("a.rs", "/// This is what is\n/// there.\nfn f() {}"), 1);
        assert_eq!(found("a.md", "This is what\nis there. It is\nhere."), 1);
        assert_eq!(found("a.rs", "f(\"a \\\n    lest b \\\n    c\");\nlet lest = 1;"), 1);
    }

    #[test]
    fn the_list_is_a_count_and_a_path() {
        assert_eq!(owed("2 a/b.rs\n13 c d.md\n"), [("a/b.rs", 2), ("c d.md", 13)].into());
    }
}
