use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher, Hash};

use http::{HeaderMap, HeaderValue};

use crate::propagation::carrier_field::CarrierField;

/// A source of trace context: the headers of a request, the properties of a message, or the environment.
///
/// Implemented for [`HeaderMap`], for lists of pairs and maps from text to text or bytes, and for
/// [`EnvironmentCarrier`](crate::EnvironmentCarrier). The metadata of a tonic request is a `HeaderMap` within:
/// `request.metadata().as_ref()`.
///
/// # Source
/// Names match in any case: <https://www.w3.org/TR/trace-context-2/#header-name>
///
/// ```
/// use radiosonde_trace::{Carrier, CarrierField, CarrierMut, RemoteContext};
///
/// /// The properties of a message, of some client for a broker.
/// #[derive(Default)]
/// struct Properties(Vec<(String, Value)>);
/// enum Value {
///     Text(String),
///     Number(i64),
/// }
///
/// impl Carrier for Properties {
///     fn values(&self, field: CarrierField) -> impl Iterator<Item = &[u8]> {
///         self.0.iter().filter_map(move |(key, value)| match value {
///             Value::Text(text) if key.eq_ignore_ascii_case(field.as_str()) => Some(text.as_bytes()),
///             _ => None,
///         })
///     }
/// }
///
/// impl CarrierMut for Properties {
///     fn set(&mut self, field: CarrierField, value: &str) {
///         self.remove(field);
///         self.0.push((field.as_str().to_owned(), Value::Text(value.to_owned())));
///     }
///
///     fn remove(&mut self, field: CarrierField) {
///         self.0.retain(|(key, _)| !key.eq_ignore_ascii_case(field.as_str()));
///     }
/// }
///
/// let text = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".to_owned();
/// let mut received = Properties(vec![("TraceParent".to_owned(), Value::Text(text))]);
/// received.0.push(("priority".to_owned(), Value::Number(3)));
///
/// let context = radiosonde_trace::extract(&received).expect("the property is valid");
/// let mut sent = Properties::default();
/// context.inject(&mut sent);
/// assert_eq!(sent.0[0].0, "traceparent");
/// ```
pub trait Carrier {
    /// All values of this field, in order.
    fn values(&self, field: CarrierField) -> impl Iterator<Item = &[u8]>;
}

/// A destination of trace context.
///
/// Implemented for [`HeaderMap`], for `Vec`s of pairs and maps from text to text or bytes, and for
/// [`Command`](std::process::Command), whose process then finds the context in its environment.
pub trait CarrierMut {
    /// Replaces every value of this field. The value is printable ASCII.
    fn set(&mut self, field: CarrierField, value: &str);

    /// Removes every value of this field.
    fn remove(&mut self, field: CarrierField);
}

impl Carrier for HeaderMap {
    #[inline]
    fn values(&self, field: CarrierField) -> impl Iterator<Item = &[u8]> {
        self.get_all(field.header_name()).iter().map(HeaderValue::as_bytes)
    }
}

impl CarrierMut for HeaderMap {
    #[inline]
    fn set(&mut self, field: CarrierField, value: &str) {
        // Values passed here were validated or created by this crate, so they are header values.
        if let Ok(value) = HeaderValue::from_str(value) {
            self.insert(field.header_name(), value);
        }
    }

    #[inline]
    fn remove(&mut self, field: CarrierField) {
        HeaderMap::remove(self, field.header_name());
    }
}

// For the number of properties that messages have, comparing every key is cheaper than a second lookup for other cases.
impl<K: AsRef<str>, V: AsRef<[u8]>> Carrier for [(K, V)] {
    fn values(&self, field: CarrierField) -> impl Iterator<Item = &[u8]> {
        named(self.iter().map(|(key, value)| (key, value)), field)
    }
}

impl<K: AsRef<str>, V: AsRef<[u8]>> Carrier for Vec<(K, V)> {
    fn values(&self, field: CarrierField) -> impl Iterator<Item = &[u8]> {
        self.as_slice().values(field)
    }
}

impl<K: AsRef<str>, V: AsRef<[u8]>, S> Carrier for HashMap<K, V, S> {
    fn values(&self, field: CarrierField) -> impl Iterator<Item = &[u8]> {
        named(self.iter(), field)
    }
}

impl<K: AsRef<str>, V: AsRef<[u8]>> Carrier for BTreeMap<K, V> {
    fn values(&self, field: CarrierField) -> impl Iterator<Item = &[u8]> {
        named(self.iter(), field)
    }
}

impl<K, V> CarrierMut for Vec<(K, V)>
where
    K: AsRef<str> + From<&'static str>,
    V: for<'a> From<&'a str>,
{
    fn set(&mut self, field: CarrierField, value: &str) {
        CarrierMut::remove(self, field);
        self.push((field.as_str().into(), value.into()));
    }

    fn remove(&mut self, field: CarrierField) {
        self.retain(|(key, _)| !is_name(key, field));
    }
}

impl<K, V, S> CarrierMut for HashMap<K, V, S>
where
    K: AsRef<str> + From<&'static str> + Eq + Hash,
    V: for<'a> From<&'a str>,
    S: BuildHasher,
{
    fn set(&mut self, field: CarrierField, value: &str) {
        CarrierMut::remove(self, field);
        self.insert(field.as_str().into(), value.into());
    }

    fn remove(&mut self, field: CarrierField) {
        self.retain(|key, _| !is_name(key, field));
    }
}

impl<K, V> CarrierMut for BTreeMap<K, V>
where
    K: AsRef<str> + From<&'static str> + Ord,
    V: for<'a> From<&'a str>,
{
    fn set(&mut self, field: CarrierField, value: &str) {
        CarrierMut::remove(self, field);
        self.insert(field.as_str().into(), value.into());
    }

    fn remove(&mut self, field: CarrierField) {
        self.retain(|key, _| !is_name(key, field));
    }
}

fn named<'a, K: AsRef<str> + 'a, V: AsRef<[u8]> + 'a>(
    pairs: impl Iterator<Item = (&'a K, &'a V)>,
    field: CarrierField,
) -> impl Iterator<Item = &'a [u8]> {
    pairs.filter(move |(key, _)| is_name(*key, field)).map(|(_, value)| value.as_ref())
}

fn is_name(key: &impl AsRef<str>, field: CarrierField) -> bool {
    key.as_ref().eq_ignore_ascii_case(field.as_str())
}
