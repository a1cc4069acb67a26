//! Compares the spans that were found with those that were expected.

use crate::seeing::capture_spans::CaptureSpans;
use crate::seeing::expected_span::{ExpectedSpan, line_of_unexpected};
use crate::seeing::forest::Forest;

impl CaptureSpans {
    /// How the spans so far differ from the expected ones: both trees in one, line by line. `None` if they do not.
    #[doc(hidden)]
    #[must_use]
    pub fn difference(&self, expected: &[ExpectedSpan]) -> Option<String> {
        let spans = self.spans();
        let forest = Forest::of(&spans);
        let mut comparison = Comparison { forest: &forest, text: String::new(), differs: false };
        comparison.compare(expected, forest.roots(), 0);
        let Comparison { text, differs, .. } = comparison;
        differs.then(|| format!("the spans are not the expected ones (- expected, + found):\n{text}"))
    }
}

struct Comparison<'f, 's> {
    forest: &'f Forest<'s>,
    text: String,
    differs: bool,
}

impl Comparison<'_, '_> {
    fn compare(&mut self, expected: &[ExpectedSpan], found: &[usize], depth: usize) {
        let is_same =
            |expected: &ExpectedSpan, found: &usize| self.forest.span(*found).name == expected.name();
        for pair in align(expected, found, is_same) {
            match pair {
                Pair::Both(expected, &found) => {
                    let (wanted, seen) = (expected.line(), expected.line_of(self.forest.span(found)));
                    if wanted == seen {
                        self.put(' ', depth, &wanted);
                    } else {
                        self.put('-', depth, &wanted);
                        self.put('+', depth, &seen);
                    }
                    let forest = self.forest;
                    self.compare(expected.below(), forest.children(found), depth + 1);
                }
                Pair::Left(expected) => self.put_missing(expected, depth),
                Pair::Right(&found) => {
                    for (below, span) in self.forest.walk(&[found]) {
                        self.put('+', depth + below, &line_of_unexpected(span));
                    }
                }
            }
        }
    }

    fn put_missing(&mut self, expected: &ExpectedSpan, depth: usize) {
        self.put('-', depth, &expected.line());
        for child in expected.below() {
            self.put_missing(child, depth + 1);
        }
    }

    fn put(&mut self, mark: char, depth: usize, line: &str) {
        self.differs |= mark != ' ';
        self.text.push(mark);
        self.text.push(' ');
        self.text.push_str(&"  ".repeat(depth));
        self.text.push_str(line);
        self.text.push('\n');
    }
}

enum Pair<'a, L, R> {
    Both(&'a L, &'a R),
    Left(&'a L),
    Right(&'a R),
}

/// Pairs two lists in their order, with as many equal items as possible: their longest common subsequence.
fn align<'a, L, R>(left: &'a [L], right: &'a [R], is_same: impl Fn(&L, &R) -> bool) -> Vec<Pair<'a, L, R>> {
    // The length of the longest one of what is left from each pair of places on.
    let width = right.len() + 1;
    let mut longest = vec![0_usize; (left.len() + 1) * width];
    for (at, l) in left.iter().enumerate().rev() {
        for (of, r) in right.iter().enumerate().rev() {
            longest[at * width + of] = match is_same(l, r) {
                true => longest[(at + 1) * width + of + 1] + 1,
                false => longest[(at + 1) * width + of].max(longest[at * width + of + 1]),
            };
        }
    }
    let (mut at, mut of, mut pairs) = (0, 0, Vec::new());
    loop {
        match (left.get(at), right.get(of)) {
            (Some(l), Some(r)) if is_same(l, r) => {
                pairs.push(Pair::Both(l, r));
                (at, of) = (at + 1, of + 1);
            }
            (Some(l), r) if r.is_none() || longest[(at + 1) * width + of] >= longest[at * width + of + 1] => {
                pairs.push(Pair::Left(l));
                at += 1;
            }
            (_, Some(r)) => {
                pairs.push(Pair::Right(r));
                of += 1;
            }
            (_, None) => return pairs,
        }
    }
}
