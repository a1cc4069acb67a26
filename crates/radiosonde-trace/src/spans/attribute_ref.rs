use crate::spans::encoding::{Written, finite};

/// A borrowed attribute value, which [`describe`](crate::describe) copies into the span.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum AttributeRef<'a> {
    /// A text.
    Text(&'a str),
    /// A whole number.
    I64(i64),
    /// A floating-point number. NaN and the infinities are sent as text by the OTLP sinks.
    F64(f64),
    /// A boolean.
    Bool(bool),
}

impl<'a> AttributeRef<'a> {
    #[inline]
    pub(crate) const fn written(self) -> Written<'a> {
        match self {
            Self::Text(text) => Written::Text(text),
            Self::I64(number) => Written::I64(number),
            Self::F64(number) => finite(number),
            Self::Bool(truth) => Written::Bool(truth),
        }
    }
}

impl<'a> From<&'a str> for AttributeRef<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a String> for AttributeRef<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(text)
    }
}

impl From<f64> for AttributeRef<'_> {
    fn from(number: f64) -> Self {
        Self::F64(number)
    }
}

impl From<bool> for AttributeRef<'_> {
    fn from(truth: bool) -> Self {
        Self::Bool(truth)
    }
}

macro_rules! from_integers {
    ($($integer:ty),+) => {$(
        impl From<$integer> for AttributeRef<'_> {
            fn from(number: $integer) -> Self {
                Self::I64(i64::from(number))
            }
        }
    )+};
}

from_integers!(i32, i64, u8, u16, u32);
