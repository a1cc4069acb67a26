use std::fmt;

use tracing::Span;
use tracing::span::Entered;

use crate::entering::stack::ContextGuard;
use crate::propagation::remote_context::RemoteContext;

/// The span and the trace context of the place where it was taken, to be entered where its work continues.
///
/// [`carry`](crate::carry) and [`carry_fn`](crate::carry_fn) take it for a future, a stream or a closure. Take it by hand for
/// closures with arguments, or that run more than once.
///
/// # Shape
/// Within it, spans and events have the span as their parent, and requests propagate the context. The context is kept also
/// where it is not the span's: where a filter hides the span from the trace layer, where a context was
/// [entered](RemoteContext::enter) by hand, and outside of any span. Nothing in it is remote.
///
/// While it lives, its span is not closed.
///
/// # Cost
/// Taking it counts a reference of the span and one of the trace state; entering it costs what entering the span costs. Once
/// a thread has warmed up, neither allocates.
///
/// ```
/// use radiosonde_core::SpanContext;
/// use radiosonde_trace::{CarriedContext, context_of};
/// use tracing::info_span;
/// # use radiosonde_trace::{CaptureSpans, TracePipeline};
/// # use tracing_subscriber::layer::SubscriberExt as _;
/// # let pipeline = TracePipeline::builder(&radiosonde_core::Resource::new("shop")).sink(CaptureSpans::new()).build()?;
/// # tracing::subscriber::with_default(tracing_subscriber::registry().with(pipeline.layer()), || {
///
/// let span = info_span!("resize images").entered();
/// let here = CarriedContext::current();
/// let resize = |image: u32| here.in_scope(|| (image, SpanContext::current()));
///
/// // A pool whose scope passes an argument, as rayon's does, takes `|scope| here.in_scope(...)` in the same way.
/// std::thread::scope(|scope| {
///     for image in 0..3 {
///         let resized = scope.spawn(move || resize(image));
///         assert_eq!(resized.join().unwrap(), (image, context_of(&span)));
///     }
/// });
/// # });
/// # Ok::<(), radiosonde_metrics::RegisterError>(())
/// ```
#[derive(Debug, Clone)]
pub struct CarriedContext {
    span: Span,
    /// The context, unless it is the span's, which is current once the span is entered.
    by_hand: Option<RemoteContext>,
}

impl CarriedContext {
    /// Takes this thread's current span and context.
    #[must_use]
    pub fn current() -> Self {
        let span = Span::current();
        let by_hand =
            RemoteContext::current().filter(|context| RemoteContext::of(&span).as_ref() != Some(context));
        Self { span, by_hand }
    }

    /// A context without a span of this thread: that of a message's sender, if it has one.
    pub(crate) const fn of_sender(sender: Option<RemoteContext>) -> Self {
        Self { span: Span::none(), by_hand: sender }
    }

    /// The span; [disabled](Span::is_disabled) if it was taken outside of any.
    #[must_use]
    pub const fn span(&self) -> &Span {
        &self.span
    }

    /// Enters the span and the context until the guard is dropped. Do not hold the guard across an await: use
    /// [`carry`](crate::carry).
    pub fn enter(&self) -> EnteredContext<'_> {
        let span = self.span.enter();
        // After the span, which would hide it.
        let by_hand = self.by_hand.as_ref().map(|context| context.clone().enter());
        EnteredContext { by_hand, span }
    }

    /// Runs work within the span and the context.
    pub fn in_scope<R>(&self, work: impl FnOnce() -> R) -> R {
        let _entered = self.enter();
        work()
    }
}

/// Keeps a [`CarriedContext`] entered on this thread until it is dropped.
#[must_use = "the context is current only while the guard lives"]
pub struct EnteredContext<'a> {
    // Dropped in this order: the inner one first.
    #[allow(dead_code, reason = "it acts when it is dropped")]
    by_hand: Option<ContextGuard>,
    #[allow(dead_code, reason = "it acts when it is dropped")]
    span: Entered<'a>,
}

impl fmt::Debug for EnteredContext<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EnteredContext").finish_non_exhaustive()
    }
}
