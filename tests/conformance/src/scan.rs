//! Syntax that both formats share: names, labels, values.

use crate::exposition::{Exemplar, LabelPairs, Sample};
use crate::number::Value;

/// The rest of a line.
pub(crate) struct Scan<'a> {
    rest: &'a str,
}

impl<'a> Scan<'a> {
    pub(crate) const fn new(line: &'a str) -> Self {
        Self { rest: line }
    }

    /// Consumes `text` if it is next.
    pub(crate) fn take(&mut self, text: &str) -> bool {
        self.rest.strip_prefix(text).map(|rest| self.rest = rest).is_some()
    }

    fn expect(&mut self, text: &str) -> Result<(), String> {
        if self.take(text) { Ok(()) } else { Err(format!("{text:?} is missing before {:?}", self.rest)) }
    }

    pub(crate) const fn rest(&self) -> &'a str {
        self.rest
    }

    /// The text up to the next blank or the end.
    fn word(&mut self) -> &'a str {
        let end = self.rest.find(' ').unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        word
    }

    pub(crate) fn metric_name(&mut self) -> Result<&'a str, String> {
        self.name(|c| c.is_ascii_alphanumeric() || c == '_' || c == ':')
    }

    fn name(&mut self, allowed: fn(char) -> bool) -> Result<&'a str, String> {
        let end = self.rest.find(|c| !allowed(c)).unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at(end);
        if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
            return Err(format!("no name before {:?}", self.rest));
        }
        self.rest = rest;
        Ok(name)
    }

    /// Parses `name{labels} value`, with an exemplar if the format has them.
    ///
    /// An explicit timestamp is refused, though both formats have them: our samples have none.
    pub(crate) fn sample(mut self, line: usize, exemplars: bool) -> Result<Sample, String> {
        let name = self.metric_name()?.to_owned();
        let labels = if self.rest.starts_with('{') { self.labels()? } else { Vec::new() };
        self.expect(" ")?;
        let value = self.value()?;
        let exemplar = if exemplars && self.take(" # ") { Some(self.exemplar()?) } else { None };
        if !self.rest.is_empty() {
            return Err(format!("{:?} follows the value", self.rest));
        }
        Ok(Sample { line, name, labels, value, exemplar })
    }

    fn exemplar(&mut self) -> Result<Exemplar, String> {
        let labels = self.labels()?;
        self.expect(" ")?;
        let value = self.value()?;
        let timestamp = if self.take(" ") { Some(self.value()?) } else { None };
        if timestamp.as_ref().is_some_and(|time| !time.as_f64().is_finite()) {
            return Err("a timestamp is a real number".to_owned());
        }
        let length: usize =
            labels.iter().map(|(name, value)| name.chars().count() + value.chars().count()).sum();
        if length > 128 {
            return Err(format!("an exemplar's labels have {length} characters: expected at most 128"));
        }
        Ok(Exemplar { labels, value, timestamp })
    }

    fn value(&mut self) -> Result<Value, String> {
        let word = self.word();
        Value::parse(word).ok_or_else(|| format!("{word:?} is no number"))
    }

    fn labels(&mut self) -> Result<LabelPairs, String> {
        let mut labels = LabelPairs::new();
        self.expect("{")?;
        if self.take("}") {
            return Ok(labels);
        }
        loop {
            let name = self.name(|c| c.is_ascii_alphanumeric() || c == '_')?;
            if name.starts_with("__") {
                return Err(format!("label {name:?} is Prometheus' own"));
            }
            if labels.iter().any(|(other, _)| other == name) {
                return Err(format!("label {name:?} stands twice"));
            }
            self.expect("=\"")?;
            labels.push((name.to_owned(), self.quoted()?));
            if self.take("}") {
                return Ok(labels);
            }
            self.expect(",")?;
        }
    }

    /// The text up to the closing quote, which is consumed as well.
    fn quoted(&mut self) -> Result<String, String> {
        let mut escaped = false;
        let end = self.rest.char_indices().find(|&(_, c)| {
            let closes = c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
            closes
        });
        let (end, _) = end.ok_or("a label's value has no end")?;
        let (text, rest) = self.rest.split_at(end);
        self.rest = rest.strip_prefix('"').unwrap_or(rest);
        unescape(text, "\\\"n")
    }
}

/// Unescapes the characters in `allowed`; `n` stands for a line feed. Any other escape is refused.
pub(crate) fn unescape(text: &str, allowed: &str) -> Result<String, String> {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('n') if allowed.contains('n') => out.push('\n'),
            Some(c) if allowed.contains(c) => out.push(c),
            other => {
                return Err(format!("invalid escape {other:?}: expected one of {allowed:?}"));
            }
        }
    }
    Ok(out)
}
