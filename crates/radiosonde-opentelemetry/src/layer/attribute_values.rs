//! Converts our attributes to OpenTelemetry's.

use std::borrow::Cow;

use opentelemetry::{Array, Key, StringValue, Value};
use radiosonde_trace::{AttributeRef, AttributeValue};

pub(crate) fn key(key: Cow<'static, str>) -> Key {
    match key {
        Cow::Borrowed(key) => Key::from_static_str(key),
        Cow::Owned(key) => Key::from(key),
    }
}

pub(crate) fn value(value: AttributeValue) -> Value {
    match value {
        AttributeValue::I64(number) => Value::I64(number),
        AttributeValue::F64(number) => Value::F64(number),
        AttributeValue::Bool(truth) => Value::Bool(truth),
        AttributeValue::Array(values) => Value::Array(array(values)),
        other => Value::String(text(other)),
    }
}

pub(crate) fn copied(value: AttributeRef<'_>) -> Value {
    match value {
        AttributeRef::Text(text) => Value::String(text.to_owned().into()),
        AttributeRef::I64(number) => Value::I64(number),
        AttributeRef::F64(number) => Value::F64(number),
        AttributeRef::Bool(truth) => Value::Bool(truth),
        // Kinds that a later version may add.
        other => Value::String(format!("{other:?}").into()),
    }
}

/// OpenTelemetry's arrays hold values of one type, that of the first value. Mixed values become text.
fn array(values: Vec<AttributeValue>) -> Array {
    fn all<T>(values: &[AttributeValue], one: impl Fn(&AttributeValue) -> Option<T>) -> Option<Vec<T>> {
        values.iter().map(one).collect()
    }

    let number =
        |value: &AttributeValue| if let AttributeValue::I64(number) = value { Some(*number) } else { None };
    let float =
        |value: &AttributeValue| if let AttributeValue::F64(float) = value { Some(*float) } else { None };
    let truth =
        |value: &AttributeValue| if let AttributeValue::Bool(truth) = value { Some(*truth) } else { None };
    all(&values, number)
        .map(Array::I64)
        .or_else(|| all(&values, float).map(Array::F64))
        .or_else(|| all(&values, truth).map(Array::Bool))
        .unwrap_or_else(|| Array::String(values.into_iter().map(text).collect()))
}

fn text(value: AttributeValue) -> StringValue {
    match value {
        AttributeValue::String(Cow::Borrowed(text)) => StringValue::from(text),
        AttributeValue::String(Cow::Owned(text)) => StringValue::from(text),
        AttributeValue::I64(number) => number.to_string().into(),
        AttributeValue::F64(number) => number.to_string().into(),
        AttributeValue::Bool(truth) => truth.to_string().into(),
        AttributeValue::Array(values) => Value::Array(array(values)).to_string().into(),
        // Kinds that a later version may add.
        other => format!("{other:?}").into(),
    }
}
