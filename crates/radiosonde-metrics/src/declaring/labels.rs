use std::borrow::Cow;
use std::fmt;

use crate::families::bounded::{MAX_VALUE_BYTES, bounded, is_long};

/// A set of label values whose names are known from its type.
///
/// Derive it for a struct whose fields are [`LabelValue`]s; fields may borrow, so that a look-up allocates nothing. The
/// [derive](macro@crate::Labels) says what else a field may be: renamed, skipped, or a struct whose labels stand among the others.
///
/// ```
/// use radiosonde_metrics::{LabelValue, Labels, Registry};
///
/// #[derive(LabelValue)]
/// enum Method {
///     Card,
///     #[label(rename = "bank")]
///     BankTransfer,
/// }
///
/// #[derive(Labels)]
/// struct Payment<'a> {
///     method: Method,
///     #[label(rename = "country")]
///     iso_country: &'a str,
/// }
///
/// let registry = Registry::new();
/// let payments = registry.counter("payments_total", "Payments taken.").family::<Payment<'_>>()?;
/// let country = String::from("nl");
/// payments.with(&Payment { method: Method::Card, iso_country: &country }).inc();
/// payments.with(&Payment { method: Method::BankTransfer, iso_country: "be" }).inc_by(2);
/// assert!(registry.text().contains("payments_total{country=\"be\",method=\"bank\"} 2\n"));
/// # Ok::<(), radiosonde_metrics::RegisterError>(())
/// ```
pub trait Labels {
    /// How many sets there are, where every label is an enum or a truth value: such a family is an array.
    const CARDINALITY: Option<usize> = None;

    /// The label names, in the order in which [`visit`](Self::visit) shows the values.
    fn names() -> Vec<&'static str>;

    /// Shows each value, one for each name. Has to show the same every time.
    fn visit(&self, see: impl FnMut(&str));

    /// The set's own number below [`CARDINALITY`](Self::CARDINALITY). Asked only where there is one.
    fn index(&self) -> usize {
        0
    }

    /// Shows each value of the set with this number, without there being one; `false` if there is no such set.
    ///
    /// For [`Family::initialise`](crate::Family::initialise), and made by the derive. Whoever writes the others by hand may leave it.
    fn visit_nth(index: usize, see: impl FnMut(&str)) -> bool {
        let _ = (index, see);
        false
    }
}

/// Something that can be a label's value. Derive it for enums without fields.
pub trait LabelValue {
    /// How many values there are, if that is known from the type and few.
    const CARDINALITY: Option<usize> = None;

    /// Shows the value as text to `see`, once. Allocates nothing where the type allows it.
    fn show(&self, see: impl FnOnce(&str));

    /// The value's own number below [`CARDINALITY`](Self::CARDINALITY). Asked only where there is one.
    fn index(&self) -> usize {
        0
    }

    /// Shows the value with this number, without there being one; `false` if there is no such value.
    ///
    /// For [`Family::initialise`](crate::Family::initialise), and made by the derive. Whoever writes the others by hand may leave it.
    fn show_nth(index: usize, see: impl FnOnce(&str)) -> bool {
        let _ = (index, see);
        false
    }
}

impl LabelValue for str {
    fn show(&self, see: impl FnOnce(&str)) {
        see(self);
    }
}

impl LabelValue for String {
    fn show(&self, see: impl FnOnce(&str)) {
        see(self);
    }
}

impl LabelValue for Cow<'_, str> {
    fn show(&self, see: impl FnOnce(&str)) {
        see(self);
    }
}

impl LabelValue for bool {
    const CARDINALITY: Option<usize> = Some(2);

    fn show(&self, see: impl FnOnce(&str)) {
        see(if *self { "true" } else { "false" });
    }

    fn index(&self) -> usize {
        usize::from(*self)
    }

    fn show_nth(index: usize, see: impl FnOnce(&str)) -> bool {
        [false, true].get(index).map(|value| value.show(see)).is_some()
    }
}

impl<T: LabelValue + ?Sized> LabelValue for &T {
    const CARDINALITY: Option<usize> = T::CARDINALITY;

    fn show(&self, see: impl FnOnce(&str)) {
        (**self).show(see);
    }

    fn index(&self) -> usize {
        (**self).index()
    }

    fn show_nth(index: usize, see: impl FnOnce(&str)) -> bool {
        T::show_nth(index, see)
    }
}

/// Without a value there is no label: Prometheus takes an empty value for an absent one.
impl<T: LabelValue> LabelValue for Option<T> {
    const CARDINALITY: Option<usize> = match T::CARDINALITY {
        Some(values) => values.checked_add(1),
        None => None,
    };

    fn show(&self, see: impl FnOnce(&str)) {
        match self {
            Some(value) => value.show(see),
            None => see(""),
        }
    }

    fn index(&self) -> usize {
        self.as_ref().map_or(0, |value| value.index() + 1)
    }

    fn show_nth(index: usize, see: impl FnOnce(&str)) -> bool {
        match index.checked_sub(1) {
            Some(index) => T::show_nth(index, see),
            None => {
                see("");
                true
            }
        }
    }
}

macro_rules! integers {
    ($($integer:ty)*) => {
        $(impl LabelValue for $integer {
            fn show(&self, see: impl FnOnce(&str)) {
                see(itoa::Buffer::new().format(*self));
            }
        })*
    };
}

integers!(u8 u16 u32 u64 usize i8 i16 i32 i64 isize);

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
    /// use radiosonde_metrics::LabelSet;
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

    /// What stands between the braces.
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

    /// What tells the set from others: a label without a value is the same as none.
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

    /// These labels, and those of `more` whose names have no value here.
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
    let is_open =
        |at: usize| text.as_bytes()[..at].iter().rev().take_while(|byte| **byte == b'\\').count() % 2 == 0;
    text.match_indices('"').map(|(at, _)| at).find(|&at| is_open(at))
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
