use crate::rendering::json_kind::ValueKind;
use crate::writing::attributes::AttributeValue;

/// The value of a field as it appears in the line.
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
    /// A JSON string. Values without a type in `tracing`, such as those recorded with `?` and `%`, are strings.
    Text(String),
    /// A number without a fraction.
    Integer(i128),
    /// Any other number.
    Float(f64),
    /// `true` or `false`.
    Bool(bool),
    /// Any other JSON: an error is `{"message":…,"chain":[…]}`.
    Json(String),
}

impl CapturedValue {
    pub(crate) fn of(value: AttributeValue<'_>) -> Self {
        let json = value.json();
        let parsed = match value.kind() {
            ValueKind::Text => Some(Self::Text(value.text().into_owned())),
            ValueKind::Integer => json.parse().ok().map(Self::Integer),
            ValueKind::Float => json.parse().ok().map(Self::Float),
            ValueKind::Bool => json.parse().ok().map(Self::Bool),
            ValueKind::Null | ValueKind::Error => None,
        };
        parsed.unwrap_or_else(|| Self::Json(json.to_owned()))
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
