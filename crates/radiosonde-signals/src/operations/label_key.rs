use radiosonde_metrics::model::MAX_VALUE_BYTES;

use crate::bounded_names::beginning;

/// Label values as one key, from which each of them can be read again.
///
/// # Shape
/// Before each value stands a character whose code is the number of the value's bytes.
#[derive(Debug, Default)]
pub(crate) struct LabelKey {
    text: String,
    has_long_value: bool,
}

impl LabelKey {
    pub(crate) const fn new() -> Self {
        Self { text: String::new(), has_long_value: false }
    }

    pub(crate) fn of(values: &[&str]) -> Self {
        let mut key = Self::new();
        values.iter().for_each(|value| key.push(value));
        key
    }

    pub(crate) fn clear(&mut self) {
        self.text.clear();
        self.has_long_value = false;
    }

    /// Adds a value; of one too long for a label, only its beginning.
    pub(crate) fn push(&mut self, value: &str) {
        let is_long = value.len() > MAX_VALUE_BYTES;
        let value = if is_long { beginning(value) } else { value };
        self.has_long_value |= is_long;
        // At most 1024, which is the code of a character.
        if let Some(bytes) = u32::try_from(value.len()).ok().and_then(char::from_u32) {
            self.text.push(bytes);
            self.text.push_str(value);
        }
    }

    /// Whether a value is too long for a label: the key does not stand for these values then.
    pub(crate) const fn has_long_value(&self) -> bool {
        self.has_long_value
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    pub(crate) fn values(&self) -> Vec<&str> {
        let (mut rest, mut values) = (self.as_str(), Vec::new());
        let next = |rest: &mut std::str::Chars<'_>| rest.next().map(|bytes| bytes as usize);
        loop {
            let mut chars = rest.chars();
            let Some((value, after)) = next(&mut chars).and_then(|end| chars.as_str().split_at_checked(end))
            else {
                return values;
            };
            values.push(value);
            rest = after;
        }
    }

    /// The values, for a report.
    pub(crate) fn shown(&self) -> String {
        self.values().join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_the_values_that_it_was_made_of() {
        let longest = "é".repeat(MAX_VALUE_BYTES / 2);
        for values in
            [&["a", "b"][..], &["ab"], &["a\u{10ffff}b"], &["", "\0", ""], &[], &[&longest, "\u{1}a"]]
        {
            let key = LabelKey::of(values);
            assert_eq!((key.values(), key.has_long_value()), (values.to_vec(), false));
        }
    }

    #[test]
    fn a_key_has_the_beginning_of_a_value_too_long_for_a_label() {
        let long = "é".repeat(MAX_VALUE_BYTES);
        let mut key = LabelKey::of(&["a", &long]);
        assert!(key.has_long_value());
        assert_eq!(key.shown(), format!("a, {}", "é".repeat(128)));
        key.clear();
        assert_eq!((key.as_str(), key.has_long_value()), ("", false));
    }
}
