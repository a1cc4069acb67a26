use std::cmp::Reverse;
use std::fmt;

use crate::samples::{Sample, Samples, read_line};

/// Asserts on the one sample that matches a selector: `assert_metric!(text, "orders_total{method=\"card\"}", == 3)`.
///
/// The first argument is an exposition as text, or [`Samples`]. The selector is a sample's name and a subset of its labels.
/// Then follows a comparison: `==`, `!=`, `<`, `<=`, `>`, `>=`.
///
/// To assert on a change, subtract earlier samples with [`Samples::since`].
///
/// # Panics
/// If the comparison fails, or the selector matches no sample or several; the message lists those, or the nearest ones.
///
/// ```
/// use radiosonde_testkit::{Samples, assert_metric};
///
/// let before = "orders_total{method=\"card\",shop=\"a\"} 3\n";
/// let after = "orders_total{method=\"card\",shop=\"a\"} 5\norders_total{method=\"cash\",shop=\"a\"} 1\n";
/// assert_metric!(after, "orders_total{method=\"card\"}", == 5);
/// assert_metric!(Samples::read(after).since(&Samples::read(before)), "orders_total{method=\"card\"}", > 1.5);
/// ```
#[macro_export]
macro_rules! assert_metric {
    ($source:expr, $selector:expr, $operator:tt $expected:expr $(,)?) => {{
        let samples = $crate::Samples::from($source);
        #[allow(trivial_numeric_casts, clippy::all, clippy::pedantic, reason = "a whole number may be given")]
        let expected = ($expected) as f64;
        match samples.only($selector) {
            #[allow(clippy::float_cmp, reason = "the comparison is the caller's")]
            Ok(value) if value $operator expected => {}
            Ok(value) => {
                ::std::panic!("{} is {value}, which is not {} {expected}", $selector, ::std::stringify!($operator))
            }
            Err(not_one) => ::std::panic!("{not_one}"),
        }
    }};
}

impl From<&str> for Samples {
    fn from(text: &str) -> Self {
        Self::read(text)
    }
}

impl From<String> for Samples {
    fn from(text: String) -> Self {
        Self::read(&text)
    }
}

impl From<&String> for Samples {
    fn from(text: &String) -> Self {
        Self::read(text)
    }
}

impl From<&Self> for Samples {
    fn from(samples: &Self) -> Self {
        samples.clone()
    }
}

/// The most samples listed in a message.
const LISTED: usize = 5;

impl Samples {
    /// The value of the one sample with this name and at least these labels, written `name{label="value"}`.
    ///
    /// # Errors
    /// [`NotOneSample`] if no sample or several match, or the selector is malformed.
    pub fn only(&self, selector: &str) -> Result<f64, NotOneSample> {
        let refuse = |kind, listed: Vec<&Sample>| {
            let listed = listed.into_iter().take(LISTED).map(ToString::to_string).collect();
            Err(NotOneSample { selector: selector.into(), kind, listed })
        };
        let Some(wanted) = read_line(&format!("{selector} 0")) else {
            return refuse(NotOneSampleKind::Selector, Vec::new());
        };
        let found: Vec<_> = self.samples.iter().filter(|sample| sample.has(&wanted)).collect();
        match found[..] {
            [] => {
                let mut near: Vec<_> = self.samples.iter().collect();
                near.sort_by_key(|sample| Reverse(sample.likeness(&wanted)));
                near.retain(|sample| sample.likeness(&wanted) > (false, 1, 0));
                refuse(NotOneSampleKind::None, near)
            }
            [one] => Ok(one.value),
            _ => refuse(NotOneSampleKind::Several { found: found.len() }, found),
        }
    }

    /// These samples minus those of `before`, where missing ones count as zero.
    ///
    /// For totals: each sample is then the increase.
    #[must_use]
    pub fn since(&self, before: &Self) -> Self {
        let was = |sample: &Sample| {
            let there =
                before.samples.iter().find(|old| old.name == sample.name && old.labels == sample.labels);
            there.map_or(0.0, |old| old.value)
        };
        let grown = |sample: &Sample| Sample { value: sample.value - was(sample), ..sample.clone() };
        Self { samples: self.samples.iter().map(grown).collect() }
    }
}

impl Sample {
    /// Whether the names are equal and the labels include those of `wanted`.
    fn has(&self, wanted: &Self) -> bool {
        self.name == wanted.name
            && wanted.labels.iter().all(|(name, value)| self.labels.get(name) == Some(value))
    }

    /// Whether the names are equal, the length of their common prefix, and the number of shared labels.
    fn likeness(&self, wanted: &Self) -> (bool, usize, usize) {
        let letters = self.name.bytes().zip(wanted.name.bytes()).take_while(|(a, b)| a == b).count();
        let labels =
            wanted.labels.iter().filter(|(name, value)| self.labels.get(*name) == Some(value)).count();
        (self.name == wanted.name, letters, labels)
    }
}

impl fmt::Display for Sample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        for (at, (name, value)) in self.labels.iter().enumerate() {
            write!(f, "{}{name}={value:?}", if at == 0 { '{' } else { ',' })?;
        }
        write!(f, "{} {}", if self.labels.is_empty() { "" } else { "}" }, self.value)
    }
}

/// A selector that does not match exactly one sample.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotOneSample {
    selector: Box<str>,
    kind: NotOneSampleKind,
    listed: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum NotOneSampleKind {
    Selector,
    None,
    Several { found: usize },
}

impl fmt::Display for NotOneSample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { selector, kind, listed } = self;
        match kind {
            NotOneSampleKind::Selector => {
                write!(f, "invalid selector {selector:?}: expected name{{label=\"value\"}}")?;
            }
            NotOneSampleKind::None if listed.is_empty() => {
                write!(f, "no sample matches {selector}, and none is similar")?
            }
            NotOneSampleKind::None => write!(f, "no sample matches {selector}; the nearest are")?,
            NotOneSampleKind::Several { found } => write!(f, "{found} samples match {selector}, among them")?,
        }
        listed.iter().try_for_each(|sample| write!(f, "\n    {sample}"))
    }
}

impl std::error::Error for NotOneSample {}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "orders_total{method=\"card\",shop=\"a\"} 3\norders_total{method=\"cash\",shop=\"a\"} 1\nordered 7\nup 1\n";

    fn message(selector: &str) -> String {
        Samples::read(TEXT).only(selector).unwrap_err().to_string()
    }

    #[test]
    fn one_sample_is_compared_whatever_the_number_is() {
        assert_metric!(TEXT, "ordered", == 7);
        assert_metric!(TEXT.to_owned(), "ordered", >= 7_u64);
        assert_metric!(&Samples::read(TEXT), "orders_total{method=\"cash\"}", < 1.5);
    }

    #[test]
    fn a_message_lists_what_is_near() {
        assert_eq!(
            message("orders_total{method=\"cheque\",shop=\"a\"}"),
            "no sample matches orders_total{method=\"cheque\",shop=\"a\"}; the nearest are\n    \
             orders_total{method=\"card\",shop=\"a\"} 3\n    orders_total{method=\"cash\",shop=\"a\"} 1\n    ordered 7"
        );
        assert!(
            message("orders_total")
                .starts_with("2 samples match orders_total, among them\n    orders_total{")
        );
        assert_eq!(message("nothing"), "no sample matches nothing, and none is similar");
        assert!(message("a{b").starts_with("invalid selector \"a{b\""));
    }

    #[test]
    #[should_panic(expected = "up is 1, which is not == 0")]
    fn a_comparison_that_does_not_hold_panics_with_the_value() {
        assert_metric!(TEXT, "up", == 0);
    }

    #[test]
    fn what_was_not_there_before_has_grown_from_zero() {
        let grown = Samples::read(TEXT).since(&Samples::read("orders_total{shop=\"a\",method=\"card\"} 1\n"));
        assert_metric!(&grown, "orders_total{method=\"card\"}", == 2);
        assert_metric!(&grown, "orders_total{method=\"cash\"}", == 1);
    }
}
