use std::collections::BTreeSet;

use promql_parser::label::{MatchOp, Matcher};

use crate::checking::variables::VARIABLE;

/// The values that a label can have in the series of a result. The empty text is no label.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct LabelValues {
    /// Any text but the empty one.
    any: bool,
    known: BTreeSet<String>,
}

impl LabelValues {
    /// The label is missing.
    pub(crate) fn absent() -> Self {
        Self::of([String::new()])
    }

    /// It is there, with any value.
    pub(crate) fn present() -> Self {
        Self { any: true, known: BTreeSet::new() }
    }

    /// Nothing is known.
    pub(crate) fn anything() -> Self {
        Self { any: true, ..Self::absent() }
    }

    pub(crate) fn of(known: impl IntoIterator<Item = String>) -> Self {
        Self { any: false, known: known.into_iter().collect() }
    }

    pub(crate) fn is_absent(&self) -> bool {
        !self.any && self.known.iter().all(String::is_empty)
    }

    /// The values, if all of them are known.
    pub(crate) fn known(&self) -> Option<&BTreeSet<String>> {
        (!self.any).then_some(&self.known)
    }

    pub(crate) fn is_single(&self) -> bool {
        !self.any && self.known.len() <= 1
    }

    pub(crate) fn intersects(&self, other: &Self) -> bool {
        let reaches = |one: &Self, all: &Self| one.any && all.known.iter().any(|value| !value.is_empty());
        (self.any && other.any)
            || reaches(self, other)
            || reaches(other, self)
            || !self.known.is_disjoint(&other.known)
    }

    pub(crate) fn union(mut self, other: Self) -> Self {
        self.any |= other.any;
        self.known.extend(other.known);
        self
    }

    /// The values that a condition leaves.
    pub(crate) fn narrowed(&self, matcher: &Matcher) -> Self {
        if matcher.value.contains(VARIABLE) {
            return self.clone();
        }
        let kept = Self {
            any: self.any,
            known: self.known.iter().filter(|value| matcher.is_match(value)).cloned().collect(),
        };
        match (&matcher.op, self.any) {
            (MatchOp::Equal, true) if !matcher.value.is_empty() => Self::of([matcher.value.clone()]),
            (MatchOp::Equal, true) => Self { any: false, ..kept },
            (MatchOp::Re(_), true) => match literals(&matcher.value) {
                Some(literals) => Self::of(literals),
                None => kept,
            },
            _ => kept,
        }
    }

    /// The values for people.
    pub(crate) fn shown(&self) -> String {
        const MOST: usize = 8;
        let values = self.known.iter().filter(|value| !matches!(value.as_str(), "" | "_overflow"));
        let mut shown: Vec<_> = values.take(MOST).map(|value| format!("{value:?}")).collect();
        if self.known.len() > MOST {
            shown.push("…".to_owned());
        }
        if shown.is_empty() { "no value".to_owned() } else { shown.join(", ") }
    }
}

/// The alternatives of a regular expression that has nothing but alternatives.
pub(crate) fn literals(expression: &str) -> Option<Vec<String>> {
    let plain = |c: char| !r"\.+*?()[]{}^$".contains(c);
    expression.chars().all(plain).then(|| expression.split('|').map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_that_is_there_never_equals_one_that_is_missing() {
        assert!(!LabelValues::present().intersects(&LabelValues::absent()));
        assert!(LabelValues::anything().intersects(&LabelValues::absent()));
        assert!(LabelValues::present().intersects(&LabelValues::of(["a".to_owned()])));
        assert!(!LabelValues::of(["b".to_owned()]).intersects(&LabelValues::of(["a".to_owned()])));
    }

    #[test]
    fn only_plain_alternatives_are_literals() {
        assert_eq!(literals("a|b").unwrap(), ["a", "b"]);
        assert_eq!(literals("5.."), None);
    }
}
