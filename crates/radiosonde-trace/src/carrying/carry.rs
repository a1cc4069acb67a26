use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;
use pin_project_lite::pin_project;

use crate::carrying::carried_context::CarriedContext;

/// Carries the current span and trace context to where a future or a stream is polled; see [`CarriedContext`].
///
/// For work that is spawned. For a closure, use [`carry_fn`]. A future that is given a span of its own by
/// [`instrument`](tracing::Instrument) is carried as well, `carry(future.instrument(span))`: if a filter disables that span,
/// the work stays in the trace.
///
/// # Cost
/// Each poll enters the span. It takes no lock and allocates nothing of its own.
///
/// # Examples
/// `tokio::spawn` and `JoinSet`:
/// ```
/// use radiosonde_core::SpanContext;
/// use radiosonde_trace::carry;
/// use tracing::{Instrument as _, debug_span, info_span};
/// # use radiosonde_trace::{CaptureSpans, TracePipeline};
/// # use tracing_subscriber::layer::SubscriberExt as _;
/// # use tracing_subscriber::filter::LevelFilter;
/// # let pipeline = TracePipeline::builder(&radiosonde_core::Resource::new("shop")).sink(CaptureSpans::new()).build()?;
/// # let subscriber = tracing_subscriber::registry().with(pipeline.layer()).with(LevelFilter::INFO);
/// # let _guard = tracing::subscriber::set_default(subscriber);
/// # tokio::runtime::Builder::new_multi_thread().build()?.block_on(async {
///
/// let request = async {
///     let trace = SpanContext::current();
///     let task = tokio::spawn(carry(async { SpanContext::current() }));
///     assert_eq!(task.await?, trace);
///
///     // A filter at INFO disables this span; without `carry` the task would be outside of the trace.
///     let audit = async { SpanContext::current() }.instrument(debug_span!("audit"));
///     assert_eq!(tokio::spawn(carry(audit)).await?, trace);
///
///     let mut tasks = tokio::task::JoinSet::new();
///     tasks.spawn(carry(async { SpanContext::current() }));
///     assert_eq!(tasks.join_next().await.unwrap()?, trace);
///     Ok::<(), tokio::task::JoinError>(())
/// };
/// request.instrument(info_span!("GET /orders/{id}")).await?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
/// A stream, each item of which is made within the span:
/// ```
/// use futures_util::stream::{self, StreamExt as _};
/// use radiosonde_core::SpanContext;
/// use radiosonde_trace::{carry, context_of};
/// use tracing::info_span;
/// # use radiosonde_trace::{CaptureSpans, TracePipeline};
/// # use tracing_subscriber::layer::SubscriberExt as _;
/// # let pipeline = TracePipeline::builder(&radiosonde_core::Resource::new("shop")).sink(CaptureSpans::new()).build()?;
/// # let _guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(pipeline.layer()));
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
///
/// let span = info_span!("GET /events");
/// // The body of a response is read after its handler has returned.
/// let body = span.in_scope(|| carry(stream::iter(0..3).map(|event| (event, SpanContext::current()))));
/// let events: Vec<_> = body.collect().await;
/// assert_eq!(events[2], (2, context_of(&span)));
/// # });
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn carry<T>(work: T) -> Carried<T> {
    Carried::new(CarriedContext::current(), work)
}

/// Carries the current span and trace context to where a closure is called; see [`CarriedContext`].
///
/// For a closure with arguments, or one that is called more than once, use [`CarriedContext`].
///
/// # Examples
/// `spawn_blocking`, also of a `JoinSet`:
/// ```
/// use radiosonde_core::SpanContext;
/// use radiosonde_trace::{carry_fn, context_of};
/// use tracing::info_span;
/// # use radiosonde_trace::{CaptureSpans, TracePipeline};
/// # use tracing_subscriber::layer::SubscriberExt as _;
/// # let pipeline = TracePipeline::builder(&radiosonde_core::Resource::new("shop")).sink(CaptureSpans::new()).build()?;
/// # let _guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(pipeline.layer()));
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
///
/// let span = info_span!("hash password");
/// let hashed = span.in_scope(|| tokio::task::spawn_blocking(carry_fn(|| SpanContext::current())));
/// assert_eq!(hashed.await?, context_of(&span));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
/// `std::thread::spawn`, and threads in a scope:
/// ```
/// use std::thread;
///
/// use radiosonde_core::SpanContext;
/// use radiosonde_trace::{carry_fn, context_of};
/// use tracing::info_span;
/// # use radiosonde_trace::{CaptureSpans, TracePipeline};
/// # use tracing_subscriber::layer::SubscriberExt as _;
/// # let pipeline = TracePipeline::builder(&radiosonde_core::Resource::new("shop")).sink(CaptureSpans::new()).build()?;
/// # let _guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(pipeline.layer()));
///
/// let span = info_span!("import").entered();
/// let imported = thread::spawn(carry_fn(|| SpanContext::current()));
/// assert_eq!(imported.join().unwrap(), context_of(&span));
///
/// let rows = vec![1, 2, 3];
/// thread::scope(|scope| {
///     let half = scope.spawn(carry_fn(|| (rows.len(), SpanContext::current())));
///     assert_eq!(half.join().unwrap(), (3, context_of(&span)));
/// });
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn carry_fn<R>(work: impl FnOnce() -> R) -> impl FnOnce() -> R {
    let context = CarriedContext::current();
    // The closure's captures are dropped in the span, too.
    move || context.in_scope(work)
}

pin_project! {
    /// A future or a stream that is polled and dropped in the span in which [`carry`] was called.
    #[must_use = "futures and streams do nothing unless polled"]
    pub struct Carried<T> {
        context: CarriedContext,
        #[pin]
        work: Option<T>,
    }

    impl<T> PinnedDrop for Carried<T> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            this.context.in_scope(|| this.work.set(None));
        }
    }
}

impl<T> Carried<T> {
    pub(crate) const fn new(context: CarriedContext, work: T) -> Self {
        Self { context, work: Some(work) }
    }

    /// The span and the context.
    #[must_use]
    pub const fn context(&self) -> &CarriedContext {
        &self.context
    }
}

impl<T: Future> Future for Carried<T> {
    type Output = T::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T::Output> {
        let this = self.project();
        // It is taken only when this is dropped.
        let Some(work) = this.work.as_pin_mut() else { return Poll::Pending };
        this.context.in_scope(|| work.poll(cx))
    }
}

impl<T: Stream> Stream for Carried<T> {
    type Item = T::Item;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T::Item>> {
        let this = self.project();
        // It is taken only when this is dropped.
        let Some(work) = this.work.as_pin_mut() else { return Poll::Ready(None) };
        this.context.in_scope(|| work.poll_next(cx))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.work.as_ref().map_or((0, Some(0)), Stream::size_hint)
    }
}

impl<T: fmt::Debug> fmt::Debug for Carried<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Carried").field("work", &self.work).finish_non_exhaustive()
    }
}
