//! Ids in headers.

use bytes::Bytes;
use http::header::{HeaderMap, HeaderName, HeaderValue};
use radiosonde_core::{WorkId, WorkIds};

/// The header that carries a request's id.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The header that carries the id of the business transaction that a request is part of.
pub const CORRELATION_ID: HeaderName = HeaderName::from_static("x-correlation-id");

/// The valid id in the only header with this name.
#[inline]
pub(crate) fn read(headers: &HeaderMap, name: &HeaderName) -> Option<WorkId> {
    let mut values = headers.get_all(name).iter();
    let id = WorkId::from_bytes(values.next()?.as_bytes())?;
    // With two headers it is unclear which one applies.
    values.next().is_none().then_some(id)
}

/// Ids as header values, which share the memory of the ids: one allocation for both.
pub(crate) struct IdValues<'i> {
    ids: &'i WorkIds,
    shared: Bytes,
}

impl<'i> IdValues<'i> {
    pub(crate) fn new(ids: &'i WorkIds) -> Self {
        Self { ids, shared: Bytes::from_owner(ids.clone()) }
    }

    pub(crate) fn request(&self) -> Option<HeaderValue> {
        self.value(self.ids.request_id()?)
    }

    pub(crate) fn correlation(&self) -> Option<HeaderValue> {
        self.value(self.ids.correlation_id()?)
    }

    /// `id` is in the memory that the buffer shares. Its characters are valid in headers.
    fn value(&self, id: &str) -> Option<HeaderValue> {
        HeaderValue::from_maybe_shared(self.shared.slice_ref(id.as_bytes())).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(values: &[&[u8]]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(REQUEST_ID, HeaderValue::from_bytes(value).unwrap());
        }
        headers
    }

    #[test]
    fn a_valid_id_is_read() {
        let long = [b'a'; WorkId::MAX_BYTES];
        for id in [&b"7"[..], b"req-1.2_3:4/5+6=7@8", &long] {
            assert_eq!(read(&with(&[id]), &REQUEST_ID).unwrap().as_str().as_bytes(), id);
        }
    }

    #[test]
    fn hostile_and_repeated_ids_are_not_read() {
        let long = [b'a'; WorkId::MAX_BYTES + 1];
        let bad: [&[&[u8]]; 9] = [
            &[],
            &[b""],
            &[b"a b"],
            &[b"a\"b"],
            &[b"a\tb"],
            &[b"{}"],
            &[b"\xff\xfe"],
            &[&long],
            &[b"a", b"b"],
        ];
        for values in bad {
            assert_eq!(read(&with(values), &REQUEST_ID), None, "{values:?}");
        }
    }

    #[test]
    fn header_values_share_the_memory_of_the_ids() {
        let ids = WorkIds::new(Some(&"req_123".parse().unwrap()), Some(&"abc123".parse().unwrap()));
        let values = IdValues::new(&ids);
        let (request, correlation) = (values.request().unwrap(), values.correlation().unwrap());
        assert_eq!((&request, &correlation), (&"req_123".parse().unwrap(), &"abc123".parse().unwrap()));
        assert_eq!(request.as_bytes().as_ptr(), ids.request_id().unwrap().as_ptr());
        drop(ids);
        assert_eq!(correlation, "abc123", "the header keeps the memory");
        assert_eq!(IdValues::new(&WorkIds::NONE).request(), None);
    }
}
