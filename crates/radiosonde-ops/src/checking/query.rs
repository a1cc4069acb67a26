use promql_parser::parser::{self, Expr};

use crate::checking::variables::{Elsewhere, replaced};

/// The size of the longest query that is parsed.
const MAX_BYTES: usize = 32 * 1024;

/// The number of operators and opening brackets in the largest query that is parsed.
///
/// Parsed queries are trees that are walked and freed by recursion, and each of these parts is at most one level. Without optimisation, more than
/// 800 levels overflow the stack of a thread of 2 MiB.
const MAX_PARTS: usize = 250;

/// The number of regular expressions in the largest query that is parsed: each is compiled.
const MAX_EXPRESSIONS: usize = 200;

/// Parses a query, which may have variables of Grafana.
pub(crate) fn parse(query: &str) -> Result<Expr, String> {
    if query.len() > MAX_BYTES {
        return Err(format!("{} bytes; expected at most {MAX_BYTES}", query.len()));
    }
    if !query.contains(['$', '[']) {
        return parsed(query);
    }
    parsed(&replaced(query, Elsewhere::Number))
        .or_else(|error| parsed(&replaced(query, Elsewhere::Name)).map_err(|_| error))
}

fn parsed(query: &str) -> Result<Expr, String> {
    if query.trim().is_empty() {
        return Err("no query; expected PromQL".to_owned());
    }
    let parts = parts(query);
    if parts > MAX_PARTS {
        return Err(format!("{parts} operators and brackets; expected at most {MAX_PARTS}"));
    }
    let expressions = query.matches("=~").count() + query.matches("!~").count();
    if expressions > MAX_EXPRESSIONS {
        return Err(format!("{expressions} regular expressions; expected at most {MAX_EXPRESSIONS}"));
    }
    parser::parse(query).map_err(|error| format!("{}; expected PromQL", error.trim()))
}

/// The number of operators and opening brackets outside of texts and label matchers.
fn parts(query: &str) -> usize {
    let mut parts = 0;
    let mut quote = None;
    let mut escaped = false;
    let mut word = String::new();
    let mut comment = false;
    let mut matchers = false;
    for c in query.chars().chain([' ']) {
        comment = (comment || (c == '#' && quote.is_none())) && c != '\n';
        if comment {
            continue;
        }
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
            '{' | '}' => matchers = c == '{',
            _ if matchers => {}
            '(' | '[' | '+' | '-' | '*' | '/' | '%' | '^' | '>' | '<' | '=' | '!' | '@' => parts += 1,
            _ => {}
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operators_and_brackets_outside_of_texts_are_counted() {
        assert_eq!(parts("sum by (a) (rate(b{c=\"(((\",d!=\"\"}[5m])) > 1 and up"), 6);
        assert_eq!(parts("a # it's ((\n + b"), 1);
        assert!(parse("").is_err() && parse(" # nothing\n").is_err());
        assert!(parse(&"(".repeat(300)).unwrap_err().starts_with("300 operators and brackets"));
        assert!(parse(&format!("a {{{}}}", ["b=\"c\""; 1000].join(","))).is_ok());
        assert!(
            parse(&format!("a {{{}}}", ["b=~\"c\""; 201].join(","))).unwrap_err().starts_with("201 regular")
        );
        // What is taken for a variable is not counted, and what follows it is.
        assert!(parse(&format!("${{\"}}{}", "(".repeat(300))).unwrap_err().starts_with("300 operators"));
        assert!(parse(&"a".repeat(40_000)).unwrap_err().starts_with("40000 bytes"));
    }

    #[test]
    fn the_most_nested_query_does_not_overflow_the_stack() {
        let nested =
            |open: &str, close: &str, levels: usize| open.repeat(levels) + "a" + &close.repeat(levels);
        let queries = [
            nested("(", ")", MAX_PARTS),
            nested("abs(", ")", MAX_PARTS),
            nested("sum(", ")", MAX_PARTS),
            nested("max_over_time(", "[5m:1m])", MAX_PARTS / 2),
            nested("-", "", MAX_PARTS),
            nested("", " or a", MAX_PARTS),
            nested("1^", "", MAX_PARTS),
        ];
        let checked = move || {
            let checker = crate::Checker::new(&crate::Catalogue::default()).external("");
            for query in queries {
                let rule = format!("- alert: a\n  expr: {query:?}\n");
                assert_eq!(checker.check_rules("deep.yml", &rule), [], "{query}");
            }
        };
        std::thread::Builder::new().stack_size(2 << 20).spawn(checked).unwrap().join().unwrap();
    }
}
