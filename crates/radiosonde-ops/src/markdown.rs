//! Cells of a table in Markdown.

use std::fmt::{self, Write as _};

/// A text as a cell, with its blanks.
pub(crate) fn cell(text: &str) -> String {
    if text.is_empty() { " ".to_owned() } else { format!(" {} ", InTable(text)) }
}

/// Text escaped for a cell of a table.
struct InTable<'a>(&'a str);

impl fmt::Display for InTable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|c| match c {
            '|' => f.write_str("\\|"),
            '\n' | '\r' => f.write_char(' '),
            c => f.write_char(c),
        })
    }
}
