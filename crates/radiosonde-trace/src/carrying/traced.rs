use tracing::Span;

use crate::active::doors::set_parent;
use crate::active::set_parent_error::SetParentError;
use crate::carrying::carried_context::CarriedContext;
use crate::carrying::carry::Carried;
use crate::propagation::remote_context::RemoteContext;

/// A message with the context of its sender's span, for channels within a process.
///
/// The receiver processes it [in the sender's context](Self::in_scope), or in a span that [resumes](Self::resume) it. That is exported as a child of a local span, not of a remote one. It has the sender's
/// request id and correlation id as attributes, and so have the spans and lines within it.
///
/// Messages sent over the network carry the context in their properties instead: see [`inject`](crate::inject) and
/// [`extract`](crate::extract).
///
/// # Cost
/// 80 bytes besides the message; no allocation.
///
/// ```
/// use std::sync::mpsc;
///
/// use radiosonde_trace::Traced;
/// use tracing::info_span;
/// # use radiosonde_trace::{CaptureSpans, TracePipeline};
/// # use tracing_subscriber::layer::SubscriberExt as _;
/// # let spans = CaptureSpans::new();
/// # let pipeline = TracePipeline::builder(&radiosonde_core::Resource::new("shop")).sink(spans.clone()).build()?;
/// # tracing::subscriber::with_default(tracing_subscriber::registry().with(pipeline.layer()), || {
///
/// let (sender, receiver) = mpsc::channel();
///
/// info_span!("send payment", otel.kind = "producer").in_scope(|| sender.send(Traced::new("4.99 EUR"))).unwrap();
///
/// let (payment, span) = receiver.recv().unwrap().resume(info_span!("process payment", otel.kind = "consumer"));
/// span.in_scope(|| assert_eq!(payment, "4.99 EUR"));
/// # });
/// # let (sent, processed) = (spans.find("send payment").unwrap(), spans.find("process payment").unwrap());
/// # assert_eq!(processed.parent, Some(sent.context.span_id()));
/// # assert_eq!(processed.context.trace_id(), sent.context.trace_id());
/// # Ok::<(), radiosonde_metrics::RegisterError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct Traced<T> {
    message: T,
    sender: Option<RemoteContext>,
}

impl<T> Traced<T> {
    /// Wraps a message, with this thread's current span as its sender.
    pub fn new(message: T) -> Self {
        Self { message, sender: RemoteContext::current() }
    }

    /// The message.
    #[must_use]
    pub const fn message(&self) -> &T {
        &self.message
    }

    /// The span that sent the message; `None` if it was sent outside of any span.
    #[must_use]
    pub const fn sender(&self) -> Option<&RemoteContext> {
        self.sender.as_ref()
    }

    /// The message alone.
    #[must_use]
    pub fn into_message(self) -> T {
        self.message
    }

    /// Converts the message, keeping its sender.
    pub fn map<U>(self, with: impl FnOnce(T) -> U) -> Traced<U> {
        Traced { message: with(self.message), sender: self.sender }
    }

    /// Processes the message in the context of its sender's span: spans opened meanwhile are its children. Without a sender, in the
    /// current context.
    ///
    /// For work that opens a span of its own, such as an operation of `radiosonde-signals`.
    pub fn in_scope<R>(self, work: impl FnOnce(T) -> R) -> R {
        let Self { message, sender } = self;
        CarriedContext::of_sender(sender).in_scope(|| work(message))
    }

    /// Like [`in_scope`](Self::in_scope), for asynchronous work.
    ///
    /// ```
    /// use radiosonde_core::SpanContext;
    /// use radiosonde_trace::{Traced, context_of};
    /// use tracing::info_span;
    /// # use radiosonde_trace::{CaptureSpans, TracePipeline};
    /// # use tracing_subscriber::layer::SubscriberExt as _;
    /// # let pipeline = TracePipeline::builder(&radiosonde_core::Resource::new("shop")).sink(CaptureSpans::new()).build()?;
    /// # let _guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(pipeline.layer()));
    /// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
    ///
    /// let span = info_span!("send payment", otel.kind = "producer");
    /// let sent = span.in_scope(|| Traced::new("4.99 EUR"));
    ///
    /// let seen = sent.carry(|_payment| async { SpanContext::current() }).await;
    /// assert_eq!(seen, context_of(&span));
    /// # });
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn carry<F: Future>(self, work: impl FnOnce(T) -> F) -> Carried<F> {
        let Self { message, sender } = self;
        let context = CarriedContext::of_sender(sender);
        let work = context.in_scope(|| work(message));
        Carried::new(context, work)
    }

    /// Returns the message, and `span` as a child of the sender's span. The span must not have been used yet; if it was, or
    /// if there is no sender, it is unchanged.
    #[must_use]
    pub fn resume(self, span: Span) -> (T, Span) {
        let Self { message, sender } = self;
        if let Some(sender) = sender {
            // Ignored: the message is processed with or without its trace.
            let _: Result<(), SetParentError> = set_parent(&span, &sender);
        }
        (message, span)
    }
}
