use std::any::Any;
use std::fmt;
use std::time::Duration;

use crate::canonical::AnnotationValue;
use crate::context::SpanContext;

/// Ends a span at a given time, even while other handles to it are open.
///
/// A layer that exports spans offers one through `Subscriber::downcast_ref`. The record of a unit of work calls it when the
/// work ends, so that both have the same duration. A span is identified by its id within the subscriber, and each call
/// passes the subscriber, because a layer in an `Option` or a `Vec` does not learn which subscriber it belongs to.
///
/// ```
/// use std::time::Duration;
/// use radiosonde_core::SpanEnder;
///
/// let ender = SpanEnder::new(|_subscriber, span, took, _describe| {
///     assert_eq!((span, took), (7, Duration::from_millis(30)));
///     None
/// });
/// assert_eq!(ender.end(&(), 7, Duration::from_millis(30), |_| ()), None);
/// ```
pub struct SpanEnder(Box<End>);

type Describe<'a> = dyn FnMut(&dyn EndingSpan) + 'a;

type End = dyn Fn(&dyn Any, u64, Duration, &mut Describe<'_>) -> Option<SpanContext> + Send + Sync;

/// A span that is about to end, to which late attributes can be added.
pub trait EndingSpan {
    /// Sets a text attribute.
    fn set_text(&self, key: &'static str, value: &'static str);

    /// Sets an integer attribute.
    fn set_number(&self, key: &'static str, value: i64);

    /// Sets an attribute to the value of an annotation.
    fn set_annotation(&self, key: &'static str, value: AnnotationValue<'_>);
}

impl SpanEnder {
    /// Creates an ender from the function `end`, whose arguments are those of [`end`](Self::end).
    pub fn new(
        end: impl Fn(&dyn Any, u64, Duration, &mut Describe<'_>) -> Option<SpanContext> + Send + Sync + 'static,
    ) -> Self {
        Self(Box::new(end))
    }

    /// Ends the span with this id `took` after its start, and returns its context. A span that has ended is not changed.
    ///
    /// `subscriber` is the `tracing::Dispatch` in which this ender was found, as `Any` because this crate does not depend on
    /// `tracing`. `describe` is called before the end, if the layer knows the span.
    ///
    /// `None` if the layer does not know the span, or `subscriber` is of another type.
    #[allow(clippy::must_use_candidate, reason = "it is called for its effect")]
    pub fn end(
        &self,
        subscriber: &dyn Any,
        span: u64,
        took: Duration,
        mut describe: impl FnMut(&dyn EndingSpan),
    ) -> Option<SpanContext> {
        (self.0)(subscriber, span, took, &mut describe)
    }
}

impl fmt::Debug for SpanEnder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SpanEnder").finish_non_exhaustive()
    }
}
