use std::collections::{BTreeMap, HashMap};
use std::hash::BuildHasher;

use http::{HeaderMap, HeaderValue};

/// A source of trace context: the headers of a request, or the properties of a message.
///
/// Implemented for [`HeaderMap`], for maps of strings and for lists of pairs of strings.
///
/// # Source
/// Names match in any case: <https://www.w3.org/TR/trace-context-2/#header-name>
pub trait Carrier {
    /// All values of this name, which is in lower case, in order.
    fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]>;
}

/// A destination of trace context.
pub trait CarrierMut {
    /// Replaces every value of this name, which is in lower case. The value is printable ASCII.
    fn set(&mut self, name: &'static str, value: &str);

    /// Removes every value of this name, which is in lower case.
    fn remove(&mut self, name: &'static str);
}

impl Carrier for HeaderMap {
    fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        self.get_all(name).iter().map(HeaderValue::as_bytes)
    }
}

impl CarrierMut for HeaderMap {
    fn set(&mut self, name: &'static str, value: &str) {
        // Values passed here were validated or created by this crate, so they are header values.
        if let Ok(value) = HeaderValue::from_str(value) {
            self.insert(name, value);
        }
    }

    fn remove(&mut self, name: &'static str) {
        HeaderMap::remove(self, name);
    }
}

impl<S> Carrier for HashMap<String, String, S> {
    fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        // For the number of properties that messages have, comparing every key is cheaper than a second lookup for other
        // cases.
        named(self.iter(), name)
    }
}

impl<S: BuildHasher> CarrierMut for HashMap<String, String, S> {
    fn set(&mut self, name: &'static str, value: &str) {
        CarrierMut::remove(self, name);
        self.insert(name.into(), value.into());
    }

    fn remove(&mut self, name: &'static str) {
        self.retain(|key, _| !key.eq_ignore_ascii_case(name));
    }
}

impl Carrier for BTreeMap<String, String> {
    fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        named(self.iter(), name)
    }
}

impl CarrierMut for BTreeMap<String, String> {
    fn set(&mut self, name: &'static str, value: &str) {
        CarrierMut::remove(self, name);
        self.insert(name.into(), value.into());
    }

    fn remove(&mut self, name: &'static str) {
        self.retain(|key, _| !key.eq_ignore_ascii_case(name));
    }
}

impl Carrier for [(String, String)] {
    fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        named(self.iter().map(|(key, value)| (key, value)), name)
    }
}

impl Carrier for Vec<(String, String)> {
    fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        self.as_slice().values(name)
    }
}

impl CarrierMut for Vec<(String, String)> {
    fn set(&mut self, name: &'static str, value: &str) {
        CarrierMut::remove(self, name);
        self.push((name.into(), value.into()));
    }

    fn remove(&mut self, name: &'static str) {
        self.retain(|(key, _)| !key.eq_ignore_ascii_case(name));
    }
}

fn named<'a>(
    pairs: impl Iterator<Item = (&'a String, &'a String)>,
    name: &'a str,
) -> impl Iterator<Item = &'a [u8]> {
    pairs.filter(move |(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_bytes())
}
