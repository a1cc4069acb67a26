use crate::redacting::key::normalised;

/// A pattern for keys: `*` matches any text, including none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pattern(Box<str>);

impl Pattern {
    pub(crate) fn new(pattern: &str) -> Self {
        Self(normalised(pattern).into())
    }

    /// Whether the pattern matches only one key.
    pub(crate) fn is_exact(&self) -> bool {
        !self.0.contains('*')
    }

    /// Whether the pattern matches this normalised key.
    pub(crate) fn is_match(&self, key: &str) -> bool {
        let Some((start, rest)) = self.0.split_once('*') else { return *self.0 == *key };
        let Some(mut key) = key.strip_prefix(start) else { return false };
        let (middle, end) = rest.rsplit_once('*').unwrap_or(("", rest));
        // The leftmost match of each part leaves the most text for the following parts.
        for part in middle.split('*') {
            let Some((_, after)) = key.split_once(part) else { return false };
            key = after;
        }
        key.ends_with(end)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn is_match(pattern: &str, key: &str) -> bool {
        Pattern::new(pattern).is_match(&normalised(key))
    }

    #[test]
    fn a_star_is_any_text_and_the_rest_is_the_key_however_it_is_spelled() {
        let yes = [
            ("db_pass", "dbPass"),
            ("DB-PASS", "db.pass"),
            ("*_pass", "smtp.pass"),
            ("*pass", "pass"),
            ("user*", "user_email"),
            ("user*", "user"),
            ("*mail*", "user_email_address"),
            ("a*b*c", "a_b_c"),
            ("a*b*c", "abbc"),
            ("*", "anything"),
            ("**", "anything"),
            ("card.*.number", "cardHolderNumber"),
        ];
        for (pattern, key) in yes {
            assert!(is_match(pattern, key), "{pattern} {key}");
        }
        let no = [
            ("pass", "db_pass"),
            ("*_pass", "bypass"),
            ("*_pass", "db_passage"),
            ("a*b*c", "acb"),
            ("ab*ba", "aba"),
            ("", "a"),
        ];
        for (pattern, key) in no {
            assert!(!is_match(pattern, key), "{pattern} {key}");
        }
    }

    /// The definition, which is slow.
    fn naive(pattern: &[u8], key: &[u8]) -> bool {
        match (pattern.split_first(), key.split_first()) {
            (None, None) => true,
            (Some((b'*', rest)), _) => {
                naive(rest, key) || key.split_first().is_some_and(|(_, key)| naive(pattern, key))
            }
            (Some((one, pattern)), Some((other, key))) => one == other && naive(pattern, key),
            _ => false,
        }
    }

    proptest! {
        #[test]
        fn it_is_what_the_definition_says(pattern in "[ab*]{0,8}", key in "[ab]{0,10}") {
            prop_assert_eq!(is_match(&pattern, &key), naive(pattern.as_bytes(), key.as_bytes()));
        }
    }
}
