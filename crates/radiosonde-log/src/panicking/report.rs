use std::any::Any;
use std::backtrace::Backtrace;
use std::panic::PanicHookInfo;

use radiosonde_core::{SpanContext, survive};
use tracing::subscriber::NoSubscriber;
use tracing::{Dispatch, dispatcher};

use crate::default_subscriber::is_default;
use crate::events::target::PANIC_TARGET;
use crate::layer::json_layer::JsonLayer;
use crate::panicking::backtrace::{PanicBacktrace, trimmed};
use crate::spans::stack::{self, Entered};

/// Messages of `core` for a panic that cannot unwind.
const DEAD_ENDS: [&str; 2] =
    ["panic in a function that cannot unwind", "panic in a destructor during cleanup"];

/// The facts about a panic, collected on the panicking thread.
#[derive(Debug)]
pub(crate) struct Report {
    message: String,
    pub(crate) ends_process: bool,
    location: Option<String>,
    thread: Option<String>,
    backtrace: Option<Backtrace>,
    spans: Vec<Entered>,
    context: Option<SpanContext>,
    /// Without a subscriber if the thread is in the middle of an event, when `tracing` does not return it.
    dispatch: Dispatch,
}

impl Report {
    /// Runs on the panicking thread, where a second panic would end the process, and which may hold any lock.
    ///
    /// Nothing here calls a subscriber: not even `Span::current`, which panics if another thread is just closing the span,
    /// nor `SpanContext::current`, which leaves spans that have closed. The current spans are known from this crate's layer,
    /// and the default is only cloned.
    pub(crate) fn of(info: &PanicHookInfo<'_>, backtrace: PanicBacktrace) -> Self {
        let (text, thread) = (message(info.payload()), std::thread::current().name().map(str::to_owned));
        Self {
            message: format!("panicked: {text}"),
            ends_process: cfg!(panic = "abort")
                || thread.as_deref() == Some("main")
                || DEAD_ENDS.contains(&text),
            location: info.location().map(ToString::to_string),
            thread,
            backtrace: backtrace.capture(),
            spans: stack::all(),
            context: SpanContext::current_if_known(),
            dispatch: dispatcher::get_default(Dispatch::clone),
        }
    }

    /// Emits the event, on a separate thread, in the span in which the thread panicked.
    pub(crate) fn emit(mut self, most: usize) {
        stack::replace(std::mem::take(&mut self.spans));
        let dispatch = std::mem::replace(&mut self.dispatch, Dispatch::none());
        if dispatch.is::<NoSubscriber>() || is_default(&dispatch) {
            self.emit_in_span(most);
        } else {
            dispatcher::with_default(&dispatch, || self.emit_in_span(most));
        }
    }

    fn emit_in_span(self, most: usize) {
        let backtrace = self.backtrace.map(|backtrace| trimmed(&backtrace.to_string(), most));
        let dispatch = dispatcher::get_default(Dispatch::clone);
        // For other layers. The panicking thread may leave the span meanwhile, and layers expect an open span.
        let span = dispatch.downcast_ref::<JsonLayer>().and_then(JsonLayer::current_span);
        let span = span.filter(|span| survive(|| dispatch.enter(span)).is_some());
        let context = self.context.map(SpanContext::enter);
        tracing::event!(
            target: PANIC_TARGET,
            tracing::Level::ERROR,
            radiosonde.level = cfg!(panic = "abort").then_some("fatal"),
            panic.location = self.location.as_deref(),
            panic.thread = self.thread.as_deref(),
            panic.backtrace = backtrace.as_deref(),
            "{}",
            self.message
        );
        drop(context);
        if let Some(span) = span {
            let _ = survive(|| dispatch.exit(&span));
        }
    }
}

/// The message, unless the payload is not a text.
fn message(payload: &(dyn Any + Send)) -> &str {
    if let Some(text) = payload.downcast_ref::<&'static str>() {
        text
    } else if let Some(text) = payload.downcast_ref::<String>() {
        text
    } else {
        "Box<dyn Any>"
    }
}
