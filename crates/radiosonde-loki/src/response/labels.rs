use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Deserializer};

use crate::label::render;

/// Names and values, each name once, sorted by name.
///
/// Cheap to clone: the entries of a stream share their labels. Prints in LogQL's format, `{env="prod", level="ERROR"}`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Labels {
    sorted: Arc<[(Box<str>, Box<str>)]>,
}

impl Labels {
    /// The value of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        let at = self.sorted.binary_search_by(|(known, _)| (**known).cmp(name)).ok()?;
        self.sorted.get(at).map(|(_, value)| &**value)
    }

    /// All of them, by name.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.sorted.iter().map(|(name, value)| (&**name, &**value))
    }

    /// The number of labels.
    #[must_use]
    pub fn len(&self) -> usize {
        self.sorted.len()
    }

    /// Whether there are no labels.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sorted.is_empty()
    }
}

impl fmt::Display for Labels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&render(self.iter()))
    }
}

impl fmt::Debug for Labels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<'de> Deserialize<'de> for Labels {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Go writes `null` for a nil map.
        let map = Option::<BTreeMap<Box<str>, Box<str>>>::deserialize(deserializer)?;
        Ok(Self { sorted: map.unwrap_or_default().into_iter().collect() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_found_and_print_as_a_selector() {
        let labels: Labels = serde_json::from_str(r#"{"level":"ERROR","env":"a\"b\n"}"#).unwrap();
        assert_eq!(
            (labels.get("env"), labels.get("level"), labels.get("x")),
            (Some("a\"b\n"), Some("ERROR"), None)
        );
        assert_eq!(labels.to_string(), r#"{env="a\"b\n", level="ERROR"}"#);
        assert_eq!(labels.iter().map(|(name, _)| name).collect::<Vec<_>>(), ["env", "level"]);
        let none: Labels = serde_json::from_str("null").unwrap();
        assert!(none.is_empty() && none.to_string() == "{}");
    }
}
