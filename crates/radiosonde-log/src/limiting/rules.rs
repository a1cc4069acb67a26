use radiosonde_core::Level;

/// Rules by target and level.
#[derive(Debug, Clone)]
pub(crate) struct Rules<T>(Vec<Rule<T>>);

#[derive(Debug, Clone)]
struct Rule<T> {
    target: Box<str>,
    level: Level,
    value: T,
}

impl<T> Default for Rules<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Rules<T> {
    /// Adds a rule for events of this level or a less severe one whose target starts with `target`. Replaces an earlier rule
    /// for the same.
    pub(crate) fn add(&mut self, target: &str, level: Level, value: T) {
        self.0.retain(|rule| *rule.target != *target || rule.level != level);
        self.0.push(Rule { target: target.into(), level, value });
    }

    /// The rule with the longest target, and among those the one with the least severe level.
    pub(crate) fn of(&self, target: &str, level: Level) -> Option<&T> {
        let rules = self.0.iter().filter(|rule| level <= rule.level && target.starts_with(&*rule.target));
        rules.max_by_key(|rule| (rule.target.len(), std::cmp::Reverse(rule.level))).map(|rule| &rule.value)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_target_decides_and_then_the_finest_level() {
        let mut rules = Rules::default();
        rules.add("", Level::Error, "all");
        rules.add("hyper", Level::Error, "replaced");
        rules.add("hyper", Level::Error, "hyper");
        rules.add("hyper", Level::Debug, "hyper, debug");
        rules.add("hyper::proto", Level::Info, "proto");
        let cases = [
            ("orders", Level::Info, Some("all")),
            ("orders", Level::Fatal, None),
            ("hyper::client", Level::Warn, Some("hyper")),
            ("hyper::client", Level::Debug, Some("hyper, debug")),
            ("hyper::client", Level::Trace, Some("hyper, debug")),
            ("hyper::proto::h1", Level::Info, Some("proto")),
            ("hyper::proto::h1", Level::Trace, Some("proto")),
            ("hyper::proto::h1", Level::Warn, Some("hyper")),
        ];
        for (target, level, expected) in cases {
            assert_eq!(rules.of(target, level), expected.as_ref(), "{target} {level:?}");
        }
    }
}
