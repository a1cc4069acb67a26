use crate::checking::query::parse;

/// The language of a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    PromQl,
    LogQl,
}

/// A query of a list of queries or of a document.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct PlainQuery {
    pub(crate) language: Language,
    pub(crate) query: String,
    pub(crate) line: usize,
}

/// The queries of a file, by its extension: those of a document's blocks, or of a list of queries.
///
/// Blank lines and comments part queries, and so does the end of a line after which another query starts.
pub(crate) fn plain_queries(text: &str, extension: &str) -> Vec<PlainQuery> {
    let mut queries = Vec::new();
    let mut block = Vec::new();
    let markdown = extension == "md";
    let mut fenced = false;
    let mut within = match extension {
        "md" => None,
        "logql" => Some(Language::LogQl),
        _ => Some(Language::PromQl),
    };
    for (at, line) in text.lines().enumerate() {
        let trimmed = line.trim();
        if markdown && (trimmed.starts_with("```") || trimmed.starts_with("~~~")) {
            split(&mut block, within, &mut queries);
            fenced = !fenced;
            let info = trimmed.trim_start_matches(['`', '~']).split_whitespace().next();
            within = match info.filter(|_| fenced) {
                Some("promql") => Some(Language::PromQl),
                Some("logql") => Some(Language::LogQl),
                _ => None,
            };
        } else if within.is_none() || trimmed.is_empty() || trimmed.starts_with('#') {
            split(&mut block, within, &mut queries);
        } else {
            block.push((at + 1, line));
        }
    }
    split(&mut block, within, &mut queries);
    queries
}

/// The queries of lines without a blank one between them.
fn split(block: &mut Vec<(usize, &str)>, language: Option<Language>, queries: &mut Vec<PlainQuery>) {
    /// More lines are one query, so that they are not parsed again and again.
    const MOST_LINES: usize = 50;
    let lines = std::mem::take(block);
    let (Some((first, _)), Some(language)) = (lines.first().copied(), language) else { return };
    let joined = |lines: &[(usize, &str)]| lines.iter().map(|(_, line)| *line).collect::<Vec<_>>().join("\n");
    let all = joined(&lines);
    if language == Language::LogQl || lines.len() > MOST_LINES || parse(&all).is_ok() {
        queries.push(PlainQuery { language, query: all, line: first });
        return;
    }
    let mut start = 0;
    for end in 1..=lines.len() {
        let Some(part) = lines.get(start..end) else { break };
        let text = joined(part);
        let goes_on = lines.get(end).is_some_and(|(_, line)| continues(line));
        if end == lines.len() || (!goes_on && parse(&text).is_ok()) {
            let line = part.first().map_or(first, |(line, _)| *line);
            queries.push(PlainQuery { language, query: text, line });
            start = end;
        }
    }
}

/// Whether a line goes on with the query of the line before.
fn continues(line: &str) -> bool {
    let line = line.trim_start();
    let word = line.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap_or_default();
    line.starts_with(['+', '-', '*', '/', '%', '^', '>', '<', '=', '!', ')', ',', '[', '{'])
        || matches!(word, "and" | "or" | "unless" | "by" | "without" | "offset" | "on" | "ignoring" | "bool")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_of_a_document_are_in_its_blocks_of_promql() {
        let text = "rate(a[5m])\n```promql\n# The rate:\nsum(rate(a[5m]))\n  / sum(rate(b[5m]))\nup\n\nc == 0\n```\n```sh\nd\n```\n";
        let found = plain_queries(text, "md");
        let found: Vec<_> = found.iter().map(|found| (found.line, found.query.as_str())).collect();
        assert_eq!(found, [(4, "sum(rate(a[5m]))\n  / sum(rate(b[5m]))"), (6, "up"), (8, "c == 0")]);
    }
}
