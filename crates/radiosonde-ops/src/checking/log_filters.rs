/// A filter of LogQL that compares a whole line with `key=value`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TextFilter {
    /// The operator and the text, as they are written.
    pub(crate) filter: String,
    /// The stages that read the key from JSON.
    pub(crate) fixed: String,
}

/// The filters of a query of LogQL that never match a line of JSON, in which there are no `key=value` pairs.
///
/// Source: <https://grafana.com/docs/loki/latest/query/log_queries/#line-filter-expression>
pub(crate) fn text_filters(query: &str) -> Vec<TextFilter> {
    let mut found = Vec::new();
    for (start, operator) in query.match_indices("|=") {
        let after = query.get(start + operator.len()..).unwrap_or_default();
        let text = after.trim_start();
        let Some(quote) = text.chars().next().filter(|c| matches!(c, '"' | '`')) else { continue };
        let Some((text, _)) = text.get(1..).unwrap_or_default().split_once(quote) else { continue };
        let Some((key, value)) = text.split_once('=') else { continue };
        let plain =
            |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if plain(key) && plain(value) {
            let blanks = after.len() - after.trim_start().len();
            let filter =
                query.get(start..start + operator.len() + blanks + text.len() + 2).unwrap_or_default();
            // Part of a value was enough for the filter.
            let fixed = format!("| json | {key}=~\"{value}.*\"");
            found.push(TextFilter { filter: filter.to_owned(), fixed });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_of_keys_and_values_are_not_in_lines_of_json() {
        let query = "sum(count_over_time({service=\"api\"} |= \"status=5\" [1h]))";
        let [found] = text_filters(query).try_into().unwrap();
        assert_eq!(found.filter, "|= \"status=5\"");
        assert_eq!(found.fixed, "| json | status=~\"5.*\"");
        for right in [
            "{a=\"b\"} |= \"ERROR\"",
            "{a=\"b\"} |= `\"status\":5`",
            "{a=\"b\"} | json | status=\"5\"",
            "|= \"a",
        ] {
            assert_eq!(text_filters(right), [], "{right}");
        }
    }
}
