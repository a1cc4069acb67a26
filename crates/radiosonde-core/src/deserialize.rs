//! Deserializes options of a configuration file, for `#[serde(deserialize_with = "…")]`.

use std::collections::BTreeMap;
use std::fmt::{self, Display};
use std::str::FromStr;
use std::time::Duration;

use serde::de::{Deserialize, Deserializer, Error, Expected, Visitor};

use crate::duration::parse_duration;
use crate::resource::ResourceBuilder;
use crate::secret::Secret;

/// Reads a duration: a whole number with a unit, `us`, `ms`, `s`, `m`, `h` or `d`, such as `5s`.
///
/// # Errors
/// An error of the deserializer, with the text and the expected form.
pub fn duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    deserializer.deserialize_str(Text)
}

/// The text of a duration. Another type is refused with the same expectation as another text.
struct Text;

impl Visitor<'_> for Text {
    type Value = Duration;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number of us, ms, s, m, h or d, such as \"5s\"")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Duration, E> {
        let whole = |unit: char, seconds: u64| {
            Some(Duration::from_secs(text.strip_suffix(unit)?.parse::<u64>().ok()?.checked_mul(seconds)?))
        };
        parse_duration(text)
            .or_else(|| {
                [('m', 60), ('h', 3600), ('d', 86_400)].into_iter().find_map(|(unit, s)| whole(unit, s))
            })
            .ok_or_else(|| {
                E::custom(format_args!("invalid duration {text:?}: expected {}", &self as &dyn Expected))
            })
    }
}

/// As [`duration`], for a setting that may be left out.
///
/// # Errors
/// An error of the deserializer, with the text and the expected form.
pub fn optional_duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    duration(deserializer).map(Some)
}

/// Reads a value from its text form.
///
/// # Errors
/// An error of the deserializer, with the error from parsing.
pub fn text<'de, D: Deserializer<'de>, T: FromStr<Err: Display>>(deserializer: D) -> Result<T, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
}

/// As [`text`], for a setting that may be left out.
///
/// # Errors
/// An error of the deserializer, with the error from parsing.
pub fn optional_text<'de, D: Deserializer<'de>, T: FromStr<Err: Display>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    text(deserializer).map(Some)
}

/// Reads a setting that holds a secret. The error shows nothing of the value: serde's own quotes it where another type or
/// variant is expected.
///
/// # Errors
/// An error of the deserializer, with this text.
pub fn without_value<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
    error: &str,
) -> Result<T, D::Error> {
    T::deserialize(deserializer).map_err(|_| D::Error::custom(error))
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Secret<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(Self::new)
    }
}

/// A table of attributes.
impl<'de> Deserialize<'de> for ResourceBuilder {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let table = BTreeMap::<String, String>::deserialize(deserializer)?;
        Ok(table.iter().fold(Self::default(), |resource, (key, value)| resource.attribute(key, value)))
    }
}

/// Reads a table of texts as pairs.
///
/// # Errors
/// An error of the deserializer.
pub fn pairs<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<(String, String)>, D::Error> {
    BTreeMap::deserialize(deserializer).map(|table| table.into_iter().collect())
}
