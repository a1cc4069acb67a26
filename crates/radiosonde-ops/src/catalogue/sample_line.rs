/// A line of an exposition with the value of a series.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Sample {
    pub(crate) name: String,
    pub(crate) labels: Vec<(String, String)>,
}

/// The series with more labels than this are none that a program would expose.
const MOST_LABELS: usize = 1000;

/// Reads a sample; its value, time and exemplar are of no interest, but there has to be a value.
///
/// # Errors
/// What is expected.
pub(crate) fn sample(line: &str) -> Result<Sample, &'static str> {
    let mut sample = Sample::default();
    let line = line.trim_start();
    let end = line.find(['{', ' ', '\t']).unwrap_or(line.len());
    let (name, mut rest) = line.split_at(end);
    name.clone_into(&mut sample.name);
    if let Some(labels) = rest.strip_prefix('{') {
        rest = read_labels(labels, &mut sample)?;
    }
    if sample.name.is_empty() {
        return Err("the name of a metric");
    }
    let value = rest.split_ascii_whitespace().next().ok_or("a value")?;
    // Native histograms of text 1.0 are in braces.
    let is_number = value.parse::<f64>().is_ok() || value.starts_with('{');
    if is_number { Ok(sample) } else { Err("a number as the value") }
}

/// Reads labels, of which the name of the metric may be one, to their closing brace; returns the rest of the line.
fn read_labels<'a>(mut rest: &'a str, sample: &mut Sample) -> Result<&'a str, &'static str> {
    loop {
        rest = rest.trim_start_matches([' ', ',', '\t']);
        if let Some(behind) = rest.strip_prefix('}') {
            return Ok(behind);
        }
        if sample.labels.len() >= MOST_LABELS {
            return Err("at most 1000 labels");
        }
        let name;
        (name, rest) = match rest.strip_prefix('"') {
            Some(quoted) => read_quoted(quoted)?,
            None => {
                let end = rest.find(['=', '}', ' ', '"']).ok_or("`=` behind the name of a label")?;
                (rest[..end].to_owned(), &rest[end..])
            }
        };
        rest = rest.trim_start();
        let Some(value) = rest.strip_prefix('=') else {
            if sample.name.is_empty() && !name.is_empty() {
                sample.name = name;
                continue;
            }
            return Err("`=` behind the name of a label");
        };
        let value = value.trim_start().strip_prefix('"').ok_or("`\"` before the value of a label")?;
        let value_of;
        (value_of, rest) = read_quoted(value)?;
        sample.labels.push((name, value_of));
    }
}

/// Reads a text up to its closing quote, without escapes; returns the rest of the line.
fn read_quoted(text: &str) -> Result<(String, &str), &'static str> {
    let mut is_escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            '"' if !is_escaped => return Ok((unescaped(&text[..at]), &text[at + 1..])),
            c => is_escaped = c == '\\' && !is_escaped,
        }
    }
    Err("`\"` at the end of a text")
}

/// A text in which a backslash, a quote and the end of a line are escaped.
pub(crate) fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (c, chars.as_str().chars().next()) {
            ('\\', Some(escaped @ ('n' | '"' | '\\'))) => {
                out.push(if escaped == 'n' { '\n' } else { escaped });
                chars.next();
            }
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<(String, String), &'static str> {
        let Sample { name, labels } = sample(line)?;
        let labels: Vec<_> = labels.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
        Ok((name, labels.join(";")))
    }

    #[test]
    fn a_sample_is_read_with_its_labels() {
        let of = |name: &str, labels: &str| Ok((name.to_owned(), labels.to_owned()));
        assert_eq!(read("a_total 1"), of("a_total", ""));
        assert_eq!(read("a{} 1.5e3 1700000000"), of("a", ""));
        assert_eq!(read(r#"a{b="c", d = "e\"\\\n}" ,} NaN"#), of("a", "b=c;d=e\"\\\n}"));
        assert_eq!(read(r#"{"a.b","c d"="e"} +Inf # {trace_id="x"} 1"#), of("a.b", "c d=e"));
        assert_eq!(read("a {count:1,sum:2} 1"), of("a", ""));
    }

    #[test]
    fn what_is_no_sample_is_refused() {
        let refused =
            ["a", "a{ 1", "a{b} 1", "a{b=c} 1", r#"a{b="c} 1"#, "a x", "{} 1", r#"{b="c"} 1"#, "a{b=\"\\"];
        let expected = [
            "a value",
            "`=` behind the name of a label",
            "`=` behind the name of a label",
            "`\"` before the value of a label",
            "`\"` at the end of a text",
            "a number as the value",
            "the name of a metric",
            "the name of a metric",
            "`\"` at the end of a text",
        ];
        assert_eq!(refused.map(|line| read(line).unwrap_err()), expected);
    }

    #[test]
    fn an_escaped_backslash_escapes_nothing() {
        assert_eq!(unescaped(r#"a\\nb\nc\"d\e\"#), "a\\nb\nc\"d\\e\\");
    }
}
