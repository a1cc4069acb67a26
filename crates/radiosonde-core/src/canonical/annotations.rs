use std::fmt;
use std::ops::Range;

use crate::bounded_format::{Formatted, beginning};
use crate::canonical::annotation_value::AnnotationValue;

/// The largest number of annotations of one record.
pub const MAX_ANNOTATIONS: usize = 64;

/// The largest size of an annotation's key.
pub const MAX_KEY_BYTES: usize = 64;

/// The largest size of an annotation's text. A longer one is cut between characters.
pub const MAX_TEXT_BYTES: usize = 1024;

/// The largest size of all texts of one record.
pub const MAX_RECORD_BYTES: usize = 16 * 1024;

/// Why an annotation was not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refused {
    /// There is neither a unit of work nor a recorded span.
    NoUnit,
    /// The unit of work has ended.
    Ended,
    /// The key is empty, longer than [`MAX_KEY_BYTES`], or one that records write themselves, such as `status`.
    Key,
    /// There are [`MAX_ANNOTATIONS`] others.
    Count,
    /// The texts have [`MAX_RECORD_BYTES`].
    Bytes,
}

impl Refused {
    /// Every reason, in the order of declaration.
    pub const ALL: [Self; 5] = [Self::NoUnit, Self::Ended, Self::Key, Self::Count, Self::Bytes];

    /// The reason as a label value.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoUnit => "no_unit",
            Self::Ended => "ended",
            Self::Key => "key",
            Self::Count => "count",
            Self::Bytes => "bytes",
        }
    }
}

/// The annotations of one unit of work, in the order in which their keys first came.
///
/// # Shape
/// `Debug` writes `{customer.tier="gold", cart.items=3}`.
#[derive(Default)]
pub struct Annotations {
    entries: Vec<Entry>,
    texts: String,
}

struct Entry {
    key: &'static str,
    value: Kept,
}

#[derive(Clone, Copy)]
enum Kept {
    Bool(bool),
    I64(i64),
    U64(u64),
    F64(f64),
    /// A range of `texts`.
    Text {
        start: usize,
        len: usize,
    },
}

/// Buffers larger than these are not kept for the next record.
const KEPT_ENTRIES: usize = 16;
const KEPT_TEXT_BYTES: usize = 1024;

impl Annotations {
    /// Adds an annotation, or replaces the value of its key.
    pub(crate) fn put(
        &mut self,
        key: &'static str,
        value: AnnotationValue<'_>,
    ) -> Result<Formatted, Refused> {
        if key.is_empty() || key.len() > MAX_KEY_BYTES {
            return Err(Refused::Key);
        }
        let at = self.entries.iter().position(|entry| entry.key == key);
        let old = at.map(|at| self.entries[at].value);
        if old.is_none() && self.entries.len() >= MAX_ANNOTATIONS {
            return Err(Refused::Count);
        }
        let mut formatted = Formatted::Whole;
        let value = match value {
            AnnotationValue::Bool(value) => Kept::Bool(value),
            AnnotationValue::I64(value) => Kept::I64(value),
            AnnotationValue::U64(value) => Kept::U64(value),
            AnnotationValue::F64(value) => Kept::F64(value),
            AnnotationValue::Text(text) => {
                let kept = beginning(text, MAX_TEXT_BYTES);
                let free = MAX_RECORD_BYTES - self.texts.len() + old.map_or(0, Kept::bytes);
                if kept.len() > free {
                    return Err(Refused::Bytes);
                }
                if kept.len() < text.len() {
                    formatted = Formatted::Cut;
                }
                self.remove_text(old);
                let start = self.texts.len();
                self.texts.push_str(kept);
                self.set(at, key, Kept::Text { start, len: kept.len() });
                return Ok(formatted);
            }
        };
        self.remove_text(old);
        self.set(at, key, value);
        Ok(formatted)
    }

    fn set(&mut self, at: Option<usize>, key: &'static str, value: Kept) {
        match at {
            Some(at) => self.entries[at].value = value,
            None => self.entries.push(Entry { key, value }),
        }
    }

    /// Removes the text of a value that is replaced, and moves the texts behind it.
    fn remove_text(&mut self, old: Option<Kept>) {
        let Some(Kept::Text { start, len }) = old else { return };
        self.texts.drain(start..start + len);
        for entry in &mut self.entries {
            if let Kept::Text { start: other, .. } = &mut entry.value
                && *other > start
            {
                *other -= len;
            }
        }
    }

    /// The value of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<AnnotationValue<'_>> {
        self.entries.iter().find(|entry| entry.key == key).map(|entry| self.value(entry))
    }

    /// Every key with its value.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, AnnotationValue<'_>)> {
        self.entries.iter().map(|entry| (entry.key, self.value(entry)))
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    fn value(&self, entry: &Entry) -> AnnotationValue<'_> {
        match entry.value {
            Kept::Bool(value) => AnnotationValue::Bool(value),
            Kept::I64(value) => AnnotationValue::I64(value),
            Kept::U64(value) => AnnotationValue::U64(value),
            Kept::F64(value) => AnnotationValue::F64(value),
            Kept::Text { start, len } => AnnotationValue::Text(self.text(start..start + len)),
        }
    }

    fn text(&self, range: Range<usize>) -> &str {
        self.texts.get(range).unwrap_or_default()
    }

    /// Empties it and keeps its buffers, unless they are large.
    pub(crate) fn clear(&mut self) {
        self.entries.clear();
        self.entries.shrink_to(KEPT_ENTRIES);
        self.texts.clear();
        self.texts.shrink_to(KEPT_TEXT_BYTES);
    }
}

impl Kept {
    const fn bytes(self) -> usize {
        match self {
            Self::Text { len, .. } => len,
            _ => 0,
        }
    }
}

impl fmt::Debug for Annotations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{")?;
        for (at, (key, value)) in self.iter().enumerate() {
            let comma = if at > 0 { ", " } else { "" };
            write!(f, "{comma}{key}={value:?}")?;
        }
        f.write_str("}")
    }
}
