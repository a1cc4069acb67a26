use crate::rendering::escape::unescape;

/// The value of a field, as the line has it.
///
/// ```
/// use radiosonde_log::capture::CapturedValue;
///
/// assert_eq!(CapturedValue::from("b-2"), CapturedValue::Text("b-2".into()));
/// assert_eq!(CapturedValue::from(3), CapturedValue::Integer(3));
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum CapturedValue {
    /// A JSON string. What has no type in `tracing`, as everything recorded with `?` and `%`, is one.
    Text(String),
    /// A number without a fraction.
    Integer(i128),
    /// Any other number.
    Float(f64),
    /// `true` or `false`.
    Bool(bool),
    /// Anything else, as JSON: an error is `{"message":…,"chain":[…]}`.
    Json(String),
}

impl CapturedValue {
    /// From JSON as our lines have it.
    pub(crate) fn of(json: &str) -> Self {
        if let Some(contents) = json.strip_prefix('"').and_then(|json| json.strip_suffix('"')) {
            Self::Text(unescape(contents).into_owned())
        } else if let Ok(integer) = json.parse() {
            Self::Integer(integer)
        } else if let Ok(truth) = json.parse() {
            Self::Bool(truth)
        } else if let Ok(float) = json.parse() {
            Self::Float(float)
        } else {
            Self::Json(json.to_owned())
        }
    }

    /// The text, of a text.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
}

impl From<&str> for CapturedValue {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<bool> for CapturedValue {
    fn from(truth: bool) -> Self {
        Self::Bool(truth)
    }
}

impl From<i32> for CapturedValue {
    fn from(integer: i32) -> Self {
        Self::Integer(integer.into())
    }
}

impl From<i64> for CapturedValue {
    fn from(integer: i64) -> Self {
        Self::Integer(integer.into())
    }
}

impl From<u64> for CapturedValue {
    fn from(integer: u64) -> Self {
        Self::Integer(integer.into())
    }
}

impl From<f64> for CapturedValue {
    fn from(float: f64) -> Self {
        Self::Float(float)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_read_by_its_type() {
        let cases = [
            (r#""a \"b\" \u001b""#, CapturedValue::from("a \"b\" \u{1b}")),
            ("-7", (-7).into()),
            ("18446744073709551615", u64::MAX.into()),
            ("1.0", 1.0.into()),
            ("1e300", 1e300.into()),
            ("true", true.into()),
            (r#"{"message":"m","chain":[]}"#, CapturedValue::Json(r#"{"message":"m","chain":[]}"#.into())),
        ];
        for (json, expected) in cases {
            assert_eq!(CapturedValue::of(json), expected, "{json}");
        }
    }
}
