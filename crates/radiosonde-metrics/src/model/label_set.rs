use std::borrow::Cow;
use std::fmt;

use crate::model::label_value_limit::{MAX_VALUE_BYTES, bounded, is_long};

/// The labels of one series, rendered once as they stand between the braces: `method="card",outcome="ok"`.
///
/// Sorted by name, so that two sets with the same labels are equal however they were made.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct LabelSet {
    rendered: Box<str>,
}

impl LabelSet {
    /// The set with these labels; the first wins where a name stands twice.
    ///
    /// ```
    /// use radiosonde_metrics::model::LabelSet;
    ///
    /// let set = LabelSet::new([("path", "/a\"b\""), ("method", "GET")]);
    /// assert_eq!(set.as_str(), r#"method="GET",path="/a\"b\"""#);
    /// assert_eq!(set.iter().last().unwrap().1, "/a\"b\"");
    /// ```
    pub fn new<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut pairs: Vec<_> = pairs.into_iter().collect();
        pairs.sort_by_key(|&(name, _)| name);
        pairs.dedup_by_key(|&mut (name, _)| name);
        // Exact but where something has to be escaped: with the equals sign, the quotes, and all commas but one.
        let length: usize = pairs.iter().map(|(name, value)| name.len() + value.len() + 4).sum();
        let mut rendered = String::with_capacity(length.saturating_sub(1));
        for (name, value) in pairs {
            if !rendered.is_empty() {
                rendered.push(',');
            }
            // A quote would look like the end of a value. No valid name has one, and this one stays invalid.
            rendered.extend(name.chars().map(|c| if c == '"' { '\u{fffd}' } else { c }));
            rendered.push_str("=\"");
            escape(value, &mut rendered);
            rendered.push('"');
        }
        Self { rendered: rendered.into() }
    }

    /// The text between the braces.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.rendered
    }

    /// Whether there is no label.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rendered.is_empty()
    }

    /// The names and values, unescaped, sorted by name.
    #[inline]
    pub fn iter(&self) -> impl Iterator<Item = (&str, Cow<'_, str>)> {
        self.rendered().map(|(name, value)| (name, unescape(value)))
    }

    /// The names, and the values as they are rendered.
    #[inline]
    pub(crate) fn rendered(&self) -> impl Iterator<Item = (&str, &str)> {
        let mut rest = &*self.rendered;
        std::iter::from_fn(move || {
            // A name has no quote, so the first one opens the value. Names are short: a search for long texts would take longer.
            let quote = rest.bytes().position(|byte| byte == b'"')?;
            let (name, after) = (rest[..quote].strip_suffix('=')?, &rest[quote + 1..]);
            let end = closing_quote(after)?;
            rest = after[end + 1..].strip_prefix(',').unwrap_or("");
            Some((name, &after[..end]))
        })
    }

    /// The set by which series are compared: without labels whose value is empty, which are the same as absent ones.
    pub(crate) fn identity(&self) -> Self {
        if !self.rendered.contains("=\"\"") {
            return self.clone();
        }
        let kept: Vec<_> = self.iter().filter(|(_, value)| !value.is_empty()).collect();
        Self::new(kept.iter().map(|(name, value)| (*name, &**value)))
    }

    /// The set with `_overflow` in place of every value that is too long; `None` if none is.
    pub(crate) fn bounded(&self) -> Option<Self> {
        // No value is longer than all of them.
        if self.rendered.len() <= MAX_VALUE_BYTES || !self.iter().any(|(_, value)| is_long(&value)) {
            return None;
        }
        let values: Vec<_> = self.iter().collect();
        Some(Self::new(values.iter().map(|(name, value)| (*name, bounded(value)))))
    }

    /// These labels, and the labels of `more` whose names have no value here.
    pub(crate) fn and(&self, more: &Self) -> Self {
        let own: Vec<_> = self.iter().filter(|(_, value)| !value.is_empty()).collect();
        let more: Vec<_> = more.iter().collect();
        Self::new(own.iter().chain(&more).map(|(name, value)| (*name, &**value)))
    }

    /// How many sets labels of these types have together: the product, if every one has a number and there are at most 4096.
    ///
    /// For the derive.
    #[doc(hidden)]
    #[must_use]
    pub const fn cardinality(of: &[Option<usize>]) -> Option<usize> {
        let (mut product, mut at) = (1_usize, 0);
        while at < of.len() {
            product = match of[at] {
                Some(values) => product.saturating_mul(values),
                None => return None,
            };
            at += 1;
        }
        if product == 0 || product > 4096 { None } else { Some(product) }
    }
}

impl fmt::Display for LabelSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{{}}}", self.rendered)
    }
}

/// Both text formats escape the same three characters in a label's value.
fn escape(value: &str, out: &mut String) {
    for c in value.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '"' => out.push_str("\\\""),
            '\n' => out.push_str("\\n"),
            c => out.push(c),
        }
    }
}

fn unescape(text: &str) -> Cow<'_, str> {
    if !text.bytes().any(|byte| byte == b'\\') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (c, c == '\\') {
            (_, true) => match chars.next() {
                Some('n') => out.push('\n'),
                Some(other) => out.push(other),
                None => {}
            },
            (c, false) => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// The first quote that an even number of backslashes precede.
fn closing_quote(text: &str) -> Option<usize> {
    let mut is_escaped = false;
    text.bytes().position(|byte| {
        let closes = byte == b'"' && !is_escaped;
        is_escaped = byte == b'\\' && !is_escaped;
        closes
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_values_come_back(values in proptest::collection::vec(".{0,200}", 0..4)) {
            let names = &["a", "b", "c", "d"][..values.len()];
            let set = LabelSet::new(names.iter().copied().zip(values.iter().map(String::as_str)));
            let back: Vec<_> = set.iter().map(|(_, value)| value.into_owned()).collect();
            prop_assert_eq!(back, values);
            prop_assert!(!set.as_str().contains('\n'));
        }
    }
}
