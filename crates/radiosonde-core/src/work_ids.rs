use std::cell::RefCell;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use crate::work_id::WorkId;

/// The request id and the correlation id of a unit of work.
///
/// The request id names one request at one service; the correlation id names the business transaction, and is the same at
/// every service that takes part. Both travel with the work: in spans, tasks, messages and calls.
///
/// # Shape
/// One pointer; null without ids.
///
/// # Cost
/// A clone counts one reference. The texts are kept in memory that is reused: a process that has warmed up allocates nothing.
///
/// ```
/// use radiosonde_core::{WorkId, WorkIds};
///
/// let ids = WorkIds::new(None, Some(&"abc123".parse()?));
/// assert_eq!((ids.request_id(), ids.correlation_id()), (None, Some("abc123")));
/// assert!(WorkIds::NONE.is_empty());
/// # Ok::<(), radiosonde_core::InvalidWorkId>(())
/// ```
#[derive(Clone, Default)]
pub struct WorkIds(Option<Arc<Texts>>);

/// Both texts, one after the other; a correlation id that equals the request id is stored once.
struct Texts {
    bytes: [u8; 2 * WorkId::MAX_BYTES],
    request: Range<u16>,
    correlation: Range<u16>,
}

impl Texts {
    const EMPTY: Self = Self { bytes: [0; 2 * WorkId::MAX_BYTES], request: 0..0, correlation: 0..0 };

    fn set(&mut self, request: &[u8], correlation: &[u8]) {
        self.request = self.put(0, request);
        self.correlation = match correlation == request {
            true => self.request.clone(),
            false => self.put(self.request.end, correlation),
        };
    }

    fn put(&mut self, start: u16, text: &[u8]) -> Range<u16> {
        let end = start + text.len() as u16;
        // Two ids of the greatest length fit.
        if let Some(bytes) = self.bytes.get_mut(usize::from(start)..usize::from(end)) {
            bytes.copy_from_slice(text);
        }
        start..end
    }

    /// The number of bytes that hold the texts. Those after them may be of former ids.
    fn used(&self) -> usize {
        usize::from(self.request.end.max(self.correlation.end))
    }

    #[inline]
    fn text(&self, range: &Range<u16>) -> Option<&str> {
        let bytes = self.bytes.get(usize::from(range.start)..usize::from(range.end))?;
        if bytes.is_empty() { None } else { std::str::from_utf8(bytes).ok() }
    }
}

impl WorkIds {
    /// No ids.
    pub const NONE: Self = Self(None);

    /// These ids.
    #[must_use]
    pub fn new(request: Option<&WorkId>, correlation: Option<&WorkId>) -> Self {
        let (request, correlation) = (request.map(WorkId::as_bytes), correlation.map(WorkId::as_bytes));
        if request.is_none() && correlation.is_none() {
            return Self::NONE;
        }
        let mut texts = take();
        // Nobody else holds it.
        if let Some(texts) = Arc::get_mut(&mut texts) {
            texts.set(request.unwrap_or_default(), correlation.unwrap_or_default());
        }
        Self(Some(texts))
    }

    /// Whether there is neither.
    #[inline]
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// The id of the request.
    #[inline]
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.0.as_ref().and_then(|texts| texts.text(&texts.request))
    }

    /// The id of the business transaction.
    #[inline]
    #[must_use]
    pub fn correlation_id(&self) -> Option<&str> {
        self.0.as_ref().and_then(|texts| texts.text(&texts.correlation))
    }

    /// Passes `request_id` and `correlation_id` to a closure, as fields of a log line or attributes of a span.
    #[inline]
    pub fn fields(&self, field: &mut dyn FnMut(&'static str, &str)) {
        for (name, id) in [("request_id", self.request_id()), ("correlation_id", self.correlation_id())] {
            if let Some(id) = id {
                field(name, id);
            }
        }
    }
}

impl AsRef<[u8]> for WorkIds {
    /// The memory that both texts are in, for buffers of header values that share it.
    fn as_ref(&self) -> &[u8] {
        self.0.as_ref().and_then(|texts| texts.bytes.get(..texts.used())).unwrap_or_default()
    }
}

impl PartialEq for WorkIds {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (None, None) => true,
            (Some(one), Some(two)) if Arc::ptr_eq(one, two) => true,
            _ => self.request_id() == other.request_id() && self.correlation_id() == other.correlation_id(),
        }
    }
}

impl Eq for WorkIds {}

impl fmt::Debug for WorkIds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut ids = f.debug_struct("WorkIds");
        ids.field("request_id", &self.request_id()).field("correlation_id", &self.correlation_id()).finish()
    }
}

/// The most that a thread keeps for later units of work.
const KEEP: usize = 64;

thread_local! {
    static KEPT: RefCell<Vec<Arc<Texts>>> = const { RefCell::new(Vec::new()) };
}

fn take() -> Arc<Texts> {
    // Borrowed if an allocator reads ids while the list changes; gone while the thread exits.
    let kept = KEPT.try_with(|kept| kept.try_borrow_mut().ok()?.pop()).ok().flatten();
    kept.unwrap_or_else(|| Arc::new(Texts::EMPTY))
}

impl Drop for WorkIds {
    #[inline]
    fn drop(&mut self) {
        if let Some(texts) = self.0.take() {
            give_back(texts);
        }
    }
}

fn give_back(texts: Arc<Texts>) {
    // The only reference, of which no other can be made meanwhile.
    if Arc::strong_count(&texts) == 1 {
        // As in `take`.
        let _ = KEPT.try_with(|kept| {
            if let Ok(mut kept) = kept.try_borrow_mut()
                && kept.len() < KEEP
            {
                kept.push(texts);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(request: &str, correlation: &str) -> WorkIds {
        WorkIds::new(request.parse().ok().as_ref(), correlation.parse().ok().as_ref())
    }

    #[test]
    fn each_id_is_there_or_not() {
        let long = "a".repeat(WorkId::MAX_BYTES);
        for request in ["", "r", &long] {
            for correlation in ["", "c", "r", &long] {
                let ids = ids(request, correlation);
                assert_eq!(ids.request_id().unwrap_or_default(), request);
                assert_eq!(ids.correlation_id().unwrap_or_default(), correlation);
                assert_eq!(ids.is_empty(), request.is_empty() && correlation.is_empty());
            }
        }
    }

    #[test]
    fn memory_is_reused_once_the_last_reference_is_gone() {
        let first = ids("one", "transaction");
        let kept = first.clone();
        let at = first.as_ref().as_ptr();
        drop(first);
        assert_eq!(kept, ids("one", "transaction"), "it is still held");
        assert_ne!(ids("two", "other").as_ref().as_ptr(), at);
        drop(kept);
        let next = ids("three", "");
        assert_eq!(next.as_ref().as_ptr(), at);
        assert_eq!((next.request_id(), next.correlation_id()), (Some("three"), None));
    }

    #[test]
    fn bytes_of_former_ids_are_not_handed_out() {
        drop(ids("secret", "transaction"));
        for (request, correlation, bytes) in
            [("one", "two", "onetwo"), ("a", "a", "a"), ("", "b", "b"), ("c", "", "c")]
        {
            assert_eq!(ids(request, correlation).as_ref(), bytes.as_bytes());
        }
        assert!(WorkIds::NONE.as_ref().is_empty());
    }

    #[test]
    fn ids_are_equal_by_their_texts() {
        assert_eq!(ids("a", "b"), ids("a", "b"));
        assert_ne!(ids("a", "b"), ids("b", "a"));
        assert_ne!(ids("a", ""), WorkIds::NONE);
        assert_eq!(
            format!("{:?}", ids("a", "")),
            r#"WorkIds { request_id: Some("a"), correlation_id: None }"#
        );
    }

    #[test]
    fn fields_are_named_as_reserved_keys_of_a_line() {
        let mut seen = Vec::new();
        ids("r", "c").fields(&mut |name, id| seen.push(format!("{name}={id}")));
        ids("", "c").fields(&mut |name, id| seen.push(format!("{name}={id}")));
        assert_eq!(seen, ["request_id=r", "correlation_id=c", "correlation_id=c"]);
    }
}
