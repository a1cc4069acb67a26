use std::borrow::Cow;

/// A key and a value on a span, an event or a link.
#[derive(Debug, Clone, PartialEq)]
pub struct Attribute {
    /// The key, by OpenTelemetry's naming: lower case, dots between the parts.
    pub key: Cow<'static, str>,
    /// The value.
    pub value: AttributeValue,
}

impl Attribute {
    /// An attribute from its parts.
    pub fn new(key: impl Into<Cow<'static, str>>, value: impl Into<AttributeValue>) -> Self {
        Self { key: key.into(), value: value.into() }
    }
}

/// The value of an attribute, with its type: an HTTP status is a number in the trace store, not a text.
///
/// # Shape
/// What OTLP can carry. Unsigned numbers become [`I64`](Self::I64) if they fit and their decimal text if they do not.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum AttributeValue {
    /// A text.
    String(Cow<'static, str>),
    /// A whole number.
    I64(i64),
    /// A floating-point number; may be NaN or infinite, which OTLP's sinks send as text.
    F64(f64),
    /// A truth value.
    Bool(bool),
    /// Values of one type.
    Array(Vec<AttributeValue>),
}

impl From<&'static str> for AttributeValue {
    fn from(value: &'static str) -> Self {
        Self::String(Cow::Borrowed(value))
    }
}

impl From<String> for AttributeValue {
    fn from(value: String) -> Self {
        Self::String(Cow::Owned(value))
    }
}

impl From<Cow<'static, str>> for AttributeValue {
    fn from(value: Cow<'static, str>) -> Self {
        Self::String(value)
    }
}

impl From<bool> for AttributeValue {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<f64> for AttributeValue {
    fn from(value: f64) -> Self {
        Self::F64(value)
    }
}

macro_rules! from_small_integers {
    ($($integer:ty),+) => {$(
        impl From<$integer> for AttributeValue {
            fn from(value: $integer) -> Self {
                Self::I64(i64::from(value))
            }
        }
    )+};
}

from_small_integers!(i8, i16, i32, i64, u8, u16, u32);

macro_rules! from_large_integers {
    ($($integer:ty),+) => {$(
        impl From<$integer> for AttributeValue {
            fn from(value: $integer) -> Self {
                i64::try_from(value).map_or_else(|_| Self::from(value.to_string()), Self::I64)
            }
        }
    )+};
}

from_large_integers!(u64, usize, isize, u128, i128);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_stay_numbers_while_they_fit() {
        assert_eq!(AttributeValue::from(200_u16), AttributeValue::I64(200));
        assert_eq!(AttributeValue::from(200_u64), AttributeValue::I64(200));
        assert_eq!(AttributeValue::from(i64::MAX as u64), AttributeValue::I64(i64::MAX));
        assert_eq!(AttributeValue::from(u64::MAX), AttributeValue::String("18446744073709551615".into()));
    }
}
