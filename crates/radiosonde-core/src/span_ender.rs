use std::any::Any;
use std::fmt;
use std::time::Duration;

use crate::SpanContext;

/// Ends a span at a given time, though somebody may still hold it.
///
/// A layer that exports spans offers one by `Subscriber::downcast_ref`; the owner of a record calls it when the record ends, so that
/// both end at the same time. Spans are named by their id within the subscriber, and the subscriber comes along with each call: a layer
/// in an `Option` or a `Vec` is not told which one it belongs to.
///
/// ```
/// use std::time::Duration;
/// use radiosonde_core::SpanEnder;
///
/// let ender = SpanEnder::new(|_subscriber, span, took| {
///     assert_eq!((span, took), (7, Duration::from_millis(30)));
///     None
/// });
/// assert_eq!(ender.end(&(), 7, Duration::from_millis(30)), None);
/// ```
pub struct SpanEnder(Box<End>);

type End = dyn Fn(&dyn Any, u64, Duration) -> Option<SpanContext> + Send + Sync;

impl SpanEnder {
    /// Ends spans by `end`, which gets the subscriber's `tracing::Dispatch`, a span's id, and how long it took.
    pub fn new(end: impl Fn(&dyn Any, u64, Duration) -> Option<SpanContext> + Send + Sync + 'static) -> Self {
        Self(Box::new(end))
    }

    /// Ends the span with this id `took` after its start, and returns its context. A span that has ended stays as it is.
    ///
    /// `subscriber` is the `tracing::Dispatch` in which this ender was found; `Any`, because this crate does not know `tracing`.
    ///
    /// `None` if the layer does not know the span, or `subscriber` is something else.
    #[allow(clippy::must_use_candidate, reason = "it is called for what it does")]
    pub fn end(&self, subscriber: &dyn Any, span: u64, took: Duration) -> Option<SpanContext> {
        (self.0)(subscriber, span, took)
    }
}

impl fmt::Debug for SpanEnder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SpanEnder").finish_non_exhaustive()
    }
}
