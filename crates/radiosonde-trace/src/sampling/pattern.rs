/// A text in which each `*` stands for any text, even an empty one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pattern {
    /// Up to the first `*`, or the whole.
    start: Box<str>,
    /// `None` without a `*`.
    rest: Option<Rest>,
}

/// The part of a pattern after its first `*`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Rest {
    /// The texts between two `*`.
    middle: Box<[Box<str>]>,
    end: Box<str>,
}

impl Pattern {
    pub(crate) fn new(text: &str) -> Self {
        let mut parts = text.split('*').map(Box::from);
        let start = parts.next().unwrap_or_default();
        let mut middle: Vec<Box<str>> = parts.collect();
        let rest = middle.pop().map(|end| Rest { middle: middle.into(), end });
        Self { start, rest }
    }

    pub(crate) fn matches(&self, text: &str) -> bool {
        let Some(Rest { middle, end }) = &self.rest else { return *self.start == *text };
        let Some(mut left) = text.strip_prefix(&*self.start) else { return false };
        for part in middle {
            match left.find(&**part) {
                // The first occurrence leaves the most for the parts after it.
                Some(at) => left = left.get(at + part.len()..).unwrap_or_default(),
                None => return false,
            }
        }
        left.ends_with(&**end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_text() {
        let cases = [
            ("GET /orders", "GET /orders", true),
            ("GET /orders", "GET /orders/1", false),
            ("GET *", "GET /orders", true),
            ("GET *", "GET ", true),
            ("GET *", "POST /orders", false),
            ("*/health", "/live/health", true),
            ("*/health", "/health/live", false),
            ("/v*/health", "/v2/health", true),
            ("/v*/health", "/v/health", true),
            ("aba*aba", "aba", false),
            ("aba*aba", "abaaba", true),
            ("*", "", true),
            ("*b*b", "b", false),
            ("*b*b", "abcb", true),
            ("*a*é*c", "xayézc", true),
            ("", "", true),
            ("", "a", false),
        ];
        for (pattern, text, expected) in cases {
            assert_eq!(Pattern::new(pattern).matches(text), expected, "{pattern:?} {text:?}");
        }
    }
}
