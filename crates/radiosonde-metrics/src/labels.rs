use std::borrow::Cow;
use std::fmt;

/// A set of label values whose names are known from its type.
///
/// Derive it for a struct whose fields are [`LabelValue`]s; fields may borrow, so that a look-up allocates nothing.
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
    /// The label names, in the order in which [`values`](Self::values) writes them.
    fn names() -> Vec<&'static str>;

    /// Writes one value for each name.
    fn values(&self, out: &mut LabelWriter);
}

/// Something that can be a label's value. Derive it for enums without fields.
pub trait LabelValue {
    /// Writes the value: exactly one call of a method of `out`.
    fn write(&self, out: &mut LabelWriter);
}

/// Takes the values of a label set, in order, into one buffer that is hashed and compared as a whole.
///
/// Each value is preceded by its length, so that `("ab", "c")` and `("a", "bc")` are different sets.
#[derive(Debug)]
pub struct LabelWriter {
    inline: [u8; INLINE],
    used: usize,
    values: usize,
    /// Takes over when the values are longer than the buffer on the stack.
    spilled: Vec<u8>,
}

/// Longer sets than this allocate on look-up.
const INLINE: usize = 256;

impl LabelWriter {
    pub(crate) const fn new() -> Self {
        Self { inline: [0; INLINE], used: 0, values: 0, spilled: Vec::new() }
    }

    /// Writes the next value.
    pub fn value(&mut self, value: &str) {
        // A value of over 4 GiB does not fit in memory twice; saturating keeps the conversion total.
        let length = u32::try_from(value.len()).unwrap_or(u32::MAX).to_le_bytes();
        self.push(&length);
        self.push(value.as_bytes());
        self.values += 1;
    }

    /// Writes the next value as it is displayed.
    pub fn display(&mut self, value: impl fmt::Display) {
        let start = self.bytes().len();
        self.push(&[0; 4]);
        // Writing to a buffer does not fail; a `Display` that does loses the rest of its value, not the sample.
        let _ = fmt::Write::write_fmt(&mut Raw(self), format_args!("{value}"));
        let length = u32::try_from(self.bytes().len() - start - 4).unwrap_or(u32::MAX);
        self.bytes_mut()[start..start + 4].copy_from_slice(&length.to_le_bytes());
        self.values += 1;
    }

    /// How many values were written.
    pub(crate) const fn values(&self) -> usize {
        self.values
    }

    /// All values, each preceded by its length.
    pub(crate) fn bytes(&self) -> &[u8] {
        if self.spilled.is_empty() { &self.inline[..self.used] } else { &self.spilled }
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        if self.spilled.is_empty() { &mut self.inline[..self.used] } else { &mut self.spilled }
    }

    fn push(&mut self, bytes: &[u8]) {
        if self.spilled.is_empty() && self.used + bytes.len() <= INLINE {
            self.inline[self.used..self.used + bytes.len()].copy_from_slice(bytes);
            self.used += bytes.len();
        } else {
            if self.spilled.is_empty() {
                self.spilled.extend_from_slice(&self.inline[..self.used]);
            }
            self.spilled.extend_from_slice(bytes);
        }
    }
}

struct Raw<'a>(&'a mut LabelWriter);

impl fmt::Write for Raw<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.push(text.as_bytes());
        Ok(())
    }
}

impl LabelValue for str {
    fn write(&self, out: &mut LabelWriter) {
        out.value(self);
    }
}

impl LabelValue for String {
    fn write(&self, out: &mut LabelWriter) {
        out.value(self);
    }
}

impl LabelValue for Cow<'_, str> {
    fn write(&self, out: &mut LabelWriter) {
        out.value(self);
    }
}

impl LabelValue for bool {
    fn write(&self, out: &mut LabelWriter) {
        out.value(if *self { "true" } else { "false" });
    }
}

impl<T: LabelValue + ?Sized> LabelValue for &T {
    fn write(&self, out: &mut LabelWriter) {
        (**self).write(out);
    }
}

macro_rules! integers {
    ($($integer:ty)*) => {
        $(impl LabelValue for $integer {
            fn write(&self, out: &mut LabelWriter) {
                out.display(self);
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
        let mut rendered = String::new();
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
    pub fn iter(&self) -> impl Iterator<Item = (&str, Cow<'_, str>)> {
        let mut rest = &*self.rendered;
        std::iter::from_fn(move || {
            let (name, after) = rest.split_once("=\"")?;
            let end = closing_quote(after)?;
            rest = after[end + 1..].strip_prefix(',').unwrap_or("");
            Some((name, unescape(&after[..end])))
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

    /// Renders what a [`LabelWriter`] took for `names`.
    pub(crate) fn from_values(names: &[&str], bytes: &[u8]) -> Self {
        let mut values = Vec::with_capacity(names.len());
        let mut rest = bytes;
        while let Some((length, after)) = rest.split_first_chunk::<4>() {
            let length = (u32::from_le_bytes(*length) as usize).min(after.len());
            values.push(String::from_utf8_lossy(&after[..length]));
            rest = &after[length..];
        }
        Self::new(names.iter().copied().zip(values.iter().map(AsRef::as_ref)))
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
    if !text.contains('\\') {
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

fn closing_quote(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.bytes().position(|byte| {
        let closes = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        closes
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key(values: &[&str]) -> Vec<u8> {
        let mut out = LabelWriter::new();
        values.iter().for_each(|value| out.value(value));
        out.bytes().to_vec()
    }

    #[test]
    fn sets_that_join_to_the_same_text_stay_apart() {
        assert_ne!(key(&["ab", "c"]), key(&["a", "bc"]));
        assert_ne!(key(&["GET", "", "x"]), key(&["GET", "x", ""]));
    }

    #[test]
    fn displayed_values_are_like_written_ones() {
        let mut out = LabelWriter::new();
        out.display(200);
        assert_eq!(out.bytes(), key(&["200"]));
    }

    proptest! {
        #[test]
        fn any_values_come_back(values in proptest::collection::vec(".{0,200}", 0..4)) {
            let names = &["a", "b", "c", "d"][..values.len()];
            let mut out = LabelWriter::new();
            values.iter().for_each(|value| out.value(value));
            prop_assert_eq!(out.values(), values.len());
            let set = LabelSet::from_values(names, out.bytes());
            let back: Vec<_> = set.iter().map(|(_, value)| value.into_owned()).collect();
            prop_assert_eq!(back, values);
            prop_assert!(!set.as_str().contains('\n'));
        }
    }
}
