use std::borrow::Cow;

/// A key and a value on a span, an event or a link.
#[derive(Debug, Clone, PartialEq)]
pub struct Attribute {
    /// The key, in OpenTelemetry's naming: lower case, parts separated by dots.
    pub key: Cow<'static, str>,
    /// The value.
    pub value: AttributeValue,
}

impl Attribute {
    /// Creates an attribute from its parts.
    pub fn new(key: impl Into<Cow<'static, str>>, value: impl Into<AttributeValue>) -> Self {
        Self { key: key.into(), value: value.into() }
    }
}

/// The typed value of an attribute: an HTTP status is a number in the trace store, not a text.
///
/// # Shape
/// The types of OTLP. Unsigned numbers become [`I64`](Self::I64) if they fit, otherwise their decimal text.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum AttributeValue {
    /// A text.
    String(Cow<'static, str>),
    /// A whole number.
    I64(i64),
    /// A floating-point number. NaN and the infinities are sent as text by the OTLP sinks.
    F64(f64),
    /// A boolean.
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
