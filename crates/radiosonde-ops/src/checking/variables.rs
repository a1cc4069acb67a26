//! Variables of Grafana, replaced before a query is parsed.
//!
//! Source: <https://grafana.com/docs/grafana/latest/dashboards/variables/variable-syntax/>

/// Stands for the value of a variable in a text or a name.
pub(crate) const VARIABLE: &str = "__variable__";

/// What a variable outside of texts, ranges and lists of labels is taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Elsewhere {
    Number,
    Name,
}

/// The query with values in place of variables: a duration in a range, a name in a list of labels, and [`VARIABLE`] in a text.
pub(crate) fn replaced(query: &str, elsewhere: Elsewhere) -> String {
    let mut replaced = String::with_capacity(query.len());
    let mut place = Place::default();
    let mut rest = query;
    while let Some(c) = rest.chars().next() {
        if let Some(length) = variable(rest) {
            let (name, after) = rest.split_at(length);
            replaced.push_str(place.value(name, &replaced, after, elsewhere));
            rest = after;
            continue;
        }
        place.step(c);
        replaced.push(c);
        rest = rest.get(c.len_utf8()..).unwrap_or_default();
    }
    replaced
}

/// The length of the variable at the start: `$name`, `${name:format}` or `[[name]]`.
fn variable(text: &str) -> Option<usize> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if let Some(inner) = text.strip_prefix("${") {
        return inner.find('}').map(|end| end + 3);
    }
    if let Some(inner) = text.strip_prefix("[[") {
        let end = inner.find(|c: char| !is_name(c) && c != ':')?;
        let named = end > 0 && !inner.starts_with(|c: char| c.is_ascii_digit());
        return (named && inner.get(end..)?.starts_with("]]")).then_some(end + 4);
    }
    let name = text.strip_prefix('$')?;
    let end = name.find(|c: char| !is_name(c)).unwrap_or(name.len());
    (end > 0 && !name.starts_with(|c: char| c.is_ascii_digit())).then_some(end + 1)
}

/// Where in a query a character is.
#[derive(Default)]
struct Place {
    quote: Option<char>,
    escaped: bool,
    comment: bool,
    ranges: usize,
    /// For each open parenthesis, whether it encloses a list of labels.
    lists: Vec<bool>,
    word: String,
    last_word: String,
}

impl Place {
    fn step(&mut self, c: char) {
        self.comment = (self.comment || (c == '#' && self.quote.is_none())) && c != '\n';
        if self.comment {
            return;
        }
        if let Some(quote) = self.quote {
            self.escaped = c == '\\' && !self.escaped && quote != '`';
            if c == quote && !self.escaped {
                self.quote = None;
            }
            return;
        }
        if c.is_ascii_alphanumeric() || c == '_' {
            self.word.push(c);
            return;
        }
        if !self.word.is_empty() {
            self.last_word = std::mem::take(&mut self.word).to_ascii_lowercase();
        }
        match c {
            '"' | '\'' | '`' => self.quote = Some(c),
            '[' => self.ranges += 1,
            ']' => self.ranges = self.ranges.saturating_sub(1),
            '(' => self.lists.push(matches!(
                self.last_word.as_str(),
                "by" | "without" | "on" | "ignoring" | "group_left" | "group_right"
            )),
            ')' => drop(self.lists.pop()),
            _ => {}
        }
        if !c.is_whitespace() {
            self.last_word.clear();
        }
    }

    fn value(&self, variable: &str, before: &str, after: &str, elsewhere: Elsewhere) -> &'static str {
        let in_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
        let word = if self.word.is_empty() { &self.last_word } else { "" };
        if self.quote.is_some() || self.lists.last() == Some(&true) {
            VARIABLE
        } else if self.ranges > 0 || word == "offset" {
            "5m"
        } else if before.ends_with(in_name) || after.starts_with(|c: char| in_name(c) || c == '{' || c == '[')
        {
            VARIABLE
        } else if variable.contains("__interval")
            || variable.contains("__range")
            || elsewhere == Elsewhere::Number
        {
            "NaN"
        } else {
            VARIABLE
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_becomes_what_its_place_takes() {
        let number = |query| replaced(query, Elsewhere::Number);
        assert_eq!(number("rate(a{job=~\"$job\"}[$__rate_interval])"), "rate(a{job=~\"__variable__\"}[5m])");
        assert_eq!(number("sum by (${by:csv}) (a offset $o)"), "sum by (__variable__) (a offset 5m)");
        assert_eq!(number("topk([[n]], x_$name) > $limit"), "topk(NaN, x___variable__) > NaN");
        assert_eq!(number("rate($metric[5m:$__interval])"), "rate(__variable__[5m:5m])");
        assert_eq!(number("# it's\na[$x]"), "# it's\na[5m]");
        assert_eq!(replaced("$query", Elsewhere::Name), "__variable__");
        assert_eq!(number("a[[5m]] + '$' + \"$1\""), "a[[5m]] + '$' + \"$1\"");
    }
}
