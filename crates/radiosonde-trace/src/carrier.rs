use std::collections::{BTreeMap, HashMap};
use std::hash::BuildHasher;

use http::{HeaderMap, HeaderValue};

/// What trace context is read from: headers of a request, properties of a message.
///
/// Implemented for [`HeaderMap`], for maps of strings and for lists of pairs of strings.
///
/// # Source
/// Names are to be found in whatever case: <https://www.w3.org/TR/trace-context-2/#header-name>
pub trait Carrier {
    /// All values of that name, which is in lower case, in their order.
    fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]>;
}

/// What trace context is written to.
pub trait CarrierMut {
    /// Puts `value` in the place of every value of that name, which is in lower case. The value is printable ASCII.
    fn set(&mut self, name: &'static str, value: &str);

    /// Removes every value of that name, which is in lower case.
    fn remove(&mut self, name: &'static str);
}

impl Carrier for HeaderMap {
    fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        self.get_all(name).iter().map(HeaderValue::as_bytes)
    }
}

impl CarrierMut for HeaderMap {
    fn set(&mut self, name: &'static str, value: &str) {
        // What gets here was checked or made here: it is a header value.
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
        // Looking at every key costs less than a second lookup for other cases would, for as many as messages have.
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
