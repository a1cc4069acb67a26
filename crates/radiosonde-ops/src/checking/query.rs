use promql_parser::parser::{self, Expr};

use crate::checking::variables::{Elsewhere, replaced};

/// The size of the longest query that is parsed.
const MAX_BYTES: usize = 32 * 1024;

/// The number of operators and opening brackets in the largest query that is parsed.
///
/// Parsed queries are trees that are walked and freed by recursion, and each of these parts is at most one level. A tenth of the depth that
/// overflows the stack of a thread of 2 MiB without optimisation.
const MAX_PARTS: usize = 250;

/// Parses a query, which may have variables of Grafana.
pub(crate) fn parse(query: &str) -> Result<Expr, String> {
    if query.len() > MAX_BYTES {
        return Err(format!("{} bytes; expected at most {MAX_BYTES}", query.len()));
    }
    let parts = parts(query);
    if parts > MAX_PARTS {
        return Err(format!("{parts} operators and brackets; expected at most {MAX_PARTS}"));
    }
    if !query.contains(['$', '[']) {
        return parsed(query);
    }
    parsed(&replaced(query, Elsewhere::Number))
        .or_else(|error| parsed(&replaced(query, Elsewhere::Name)).map_err(|_| error))
}

fn parsed(query: &str) -> Result<Expr, String> {
    // The parser takes an operator for the end of a query in some texts of nothing but blanks and comments.
    if query.trim().is_empty() {
        return Err("no query; expected PromQL".to_owned());
    }
    parser::parse(query).map_err(|error| format!("{}; expected PromQL", error.trim()))
}

/// The number of operators and opening brackets outside of texts and label matchers.
fn parts(query: &str) -> usize {
    let mut parts = 0;
    let mut quote = None;
    let mut escaped = false;
    let mut word = String::new();
    for c in query.chars().chain([' ']) {
        if let Some(open) = quote {
            escaped = c == '\\' && !escaped && open != '`';
            if c == open && !escaped {
                quote = None;
            }
            continue;
        }
        if c.is_ascii_alphanumeric() || c == '_' {
            word.push(c);
            continue;
        }
        if ["and", "or", "unless", "atan2", "offset"].iter().any(|op| word.eq_ignore_ascii_case(op)) {
            parts += 1;
        }
        word.clear();
        match c {
            '"' | '\'' | '`' => quote = Some(c),
            '(' | '[' | '{' | '+' | '-' | '*' | '/' | '%' | '^' | '>' | '<' | '=' | '!' | '@' => parts += 1,
            _ => {}
        }
    }
    parts
}
