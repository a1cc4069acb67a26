use std::fmt;

use serde::{Deserialize, Serialize};

/// A condition on a label, of a silence. A label that an alert does not have counts as empty.
///
/// It prints as Alertmanager writes it: `team="payments"`, `team!~"a|b"`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SilenceMatcher {
    name: String,
    value: String,
    is_regex: bool,
    /// Alertmanager before 0.22 does not send it.
    #[serde(default = "yes")]
    is_equal: bool,
}

const fn yes() -> bool {
    true
}

impl SilenceMatcher {
    /// The label has this value.
    pub fn equal(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self { name: name.into(), value: value.into(), is_regex: false, is_equal: true }
    }

    /// The label has another value.
    pub fn not_equal(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self { is_equal: false, ..Self::equal(name, value) }
    }

    /// The whole value matches this regular expression, in Go's syntax.
    pub fn matches(name: impl Into<String>, regex: impl Into<String>) -> Self {
        Self { is_regex: true, ..Self::equal(name, regex) }
    }

    /// The whole value does not match this regular expression, in Go's syntax.
    pub fn not_matches(name: impl Into<String>, regex: impl Into<String>) -> Self {
        Self { is_equal: false, ..Self::matches(name, regex) }
    }

    /// The label.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The value or the regular expression.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }
}

impl fmt::Display for SilenceMatcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let operator = match (self.is_equal, self.is_regex) {
            (true, false) => "=",
            (false, false) => "!=",
            (true, true) => "=~",
            (false, true) => "!~",
        };
        write!(f, "{}{operator}{:?}", self.name, self.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_matcher_prints_as_alertmanager_writes_it() {
        let printed = [
            SilenceMatcher::equal("a", "x"),
            SilenceMatcher::not_equal("a", "x"),
            SilenceMatcher::matches("a", "x|y"),
            SilenceMatcher::not_matches("a", "x|y"),
        ]
        .map(|matcher| matcher.to_string());
        assert_eq!(printed, [r#"a="x""#, r#"a!="x""#, r#"a=~"x|y""#, r#"a!~"x|y""#]);
    }

    #[test]
    fn a_matcher_of_an_old_alertmanager_is_positive() {
        let read: SilenceMatcher =
            serde_json::from_str(r#"{"name":"a","value":"x","isRegex":false}"#).unwrap();
        assert_eq!(read, SilenceMatcher::equal("a", "x"));
    }
}
