use std::fmt;

/// The value of an annotation, with its type.
///
/// # Shape
/// `Debug` and `Display` write what a log line contains without its JSON: texts are quoted by `Debug` only.
#[derive(Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum AnnotationValue<'a> {
    /// A bool.
    Bool(bool),
    /// A signed integer.
    I64(i64),
    /// An unsigned integer.
    U64(u64),
    /// A float, which may be NaN or infinite.
    F64(f64),
    /// A text.
    Text(&'a str),
}

impl<'a> AnnotationValue<'a> {
    /// The text, if it is one.
    #[must_use]
    pub const fn as_text(self) -> Option<&'a str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
}

impl fmt::Debug for AnnotationValue<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(value) => fmt::Debug::fmt(value, f),
            Self::I64(value) => fmt::Debug::fmt(value, f),
            Self::U64(value) => fmt::Debug::fmt(value, f),
            Self::F64(value) => fmt::Debug::fmt(value, f),
            Self::Text(value) => fmt::Debug::fmt(value, f),
        }
    }
}

impl fmt::Display for AnnotationValue<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(value) => f.write_str(value),
            other => fmt::Debug::fmt(other, f),
        }
    }
}
