use std::fmt;

use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// A value in a line.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum JsonValue {
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// A number without a fraction or exponent, within 64 bits with or without a sign.
    Integer(i128),
    /// Any other number.
    Number(f64),
    /// A text.
    Text(Box<str>),
    /// Values in their order.
    Array(Vec<Self>),
    /// Names and values in their order.
    Object(Vec<(Box<str>, Self)>),
}

impl JsonValue {
    /// The text, if it is one.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The number, if it is one; integers beyond 2^53 are rounded.
    #[must_use]
    #[allow(clippy::cast_precision_loss, reason = "said above")]
    pub const fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Integer(integer) => Some(*integer as f64),
            Self::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// The number, if it is a whole one.
    #[must_use]
    pub const fn as_integer(&self) -> Option<i128> {
        match self {
            Self::Integer(integer) => Some(*integer),
            _ => None,
        }
    }

    /// The value of this name, if it is an object that has it; of a name that is there twice, the first.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Object(pairs) => pairs.iter().find(|(known, _)| **known == *name).map(|(_, value)| value),
            _ => None,
        }
    }
}

impl<'de> Deserialize<'de> for JsonValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyValue)
    }
}

struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = JsonValue;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<JsonValue, E> {
        Ok(JsonValue::Null)
    }

    fn visit_bool<E>(self, truth: bool) -> Result<JsonValue, E> {
        Ok(JsonValue::Bool(truth))
    }

    fn visit_i64<E>(self, integer: i64) -> Result<JsonValue, E> {
        Ok(JsonValue::Integer(integer.into()))
    }

    fn visit_u64<E>(self, integer: u64) -> Result<JsonValue, E> {
        Ok(JsonValue::Integer(integer.into()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<JsonValue, E> {
        Ok(JsonValue::Number(number))
    }

    fn visit_str<E>(self, text: &str) -> Result<JsonValue, E> {
        Ok(JsonValue::Text(text.into()))
    }

    fn visit_string<E>(self, text: String) -> Result<JsonValue, E> {
        Ok(JsonValue::Text(text.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<JsonValue, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = seq.next_element()? {
            values.push(value);
        }
        Ok(JsonValue::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<JsonValue, A::Error> {
        let mut pairs = Vec::new();
        while let Some(pair) = map.next_entry()? {
            pairs.push(pair);
        }
        Ok(JsonValue::Object(pairs))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_value_is_read() {
        let text = r#"{"a":null,"b":true,"c":-7,"d":18446744073709551615,"e":0.5,"f":"ü\n","g":[1,{"h":2}]}"#;
        let value: JsonValue = serde_json::from_str(text).unwrap();
        assert_eq!(value.get("a"), Some(&JsonValue::Null));
        assert_eq!(value.get("b"), Some(&JsonValue::Bool(true)));
        assert_eq!(value.get("c").and_then(JsonValue::as_integer), Some(-7));
        assert_eq!(value.get("d").and_then(JsonValue::as_integer), Some(u64::MAX.into()));
        assert_eq!(value.get("e").and_then(JsonValue::as_f64), Some(0.5));
        assert_eq!(value.get("f").and_then(JsonValue::as_text), Some("ü\n"));
        let inner = JsonValue::Object(vec![("h".into(), JsonValue::Integer(2))]);
        assert_eq!(value.get("g"), Some(&JsonValue::Array(vec![JsonValue::Integer(1), inner])));
        assert_eq!(value.get("h"), None);
    }
}
