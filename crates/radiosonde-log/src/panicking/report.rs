use std::any::Any;
use std::backtrace::Backtrace;
use std::panic::PanicHookInfo;

use radiosonde_core::SpanContext;
use tracing::subscriber::NoSubscriber;
use tracing::{Dispatch, Span, dispatcher};

use crate::panicking::backtrace::{PanicBacktrace, trimmed};

/// The target of the events that are made of panics.
const TARGET: &str = "panic";

/// What `core` says when a panic has nowhere to go.
const DEAD_ENDS: [&str; 2] =
    ["panic in a function that cannot unwind", "panic in a destructor during cleanup"];

/// What is known of a panic, taken along from the thread that panics.
#[derive(Debug)]
pub(crate) struct Report {
    message: String,
    ends_process: bool,
    location: Option<String>,
    thread: Option<String>,
    backtrace: Option<Backtrace>,
    span: Span,
    context: Option<SpanContext>,
    /// `None` if the thread has none, or is in the middle of an event and `tracing` does not tell.
    dispatch: Option<Dispatch>,
}

impl Report {
    /// Runs on the thread that panics, where it may only look: that thread may hold any lock, and a panic in here would end
    /// the process.
    pub(crate) fn of(info: &PanicHookInfo<'_>, backtrace: PanicBacktrace) -> Self {
        let dispatch = dispatcher::get_default(Dispatch::clone);
        let (said, thread) = (said(info.payload()), std::thread::current().name().map(str::to_owned));
        Self {
            message: format!("panicked: {said}"),
            ends_process: cfg!(panic = "abort")
                || thread.as_deref() == Some("main")
                || DEAD_ENDS.contains(&said),
            location: info.location().map(ToString::to_string),
            thread,
            backtrace: backtrace.capture(),
            span: Span::current(),
            context: SpanContext::current(),
            dispatch: (!dispatch.is::<NoSubscriber>()).then_some(dispatch),
        }
    }

    pub(crate) const fn ends_process(&self) -> bool {
        self.ends_process
    }

    /// Makes the event, in the span in which the thread panicked. Returns whether anybody wanted it.
    pub(crate) fn emit(self, most: usize) -> bool {
        let backtrace = self.backtrace.map(|backtrace| trimmed(&backtrace.to_string(), most));
        let emit = || {
            let _current = self.context.map(SpanContext::enter);
            self.span.in_scope(|| {
                let is_wanted = tracing::enabled!(target: TARGET, tracing::Level::ERROR);
                tracing::event!(
                    target: TARGET,
                    tracing::Level::ERROR,
                    radiosonde.level = cfg!(panic = "abort").then_some("fatal"),
                    panic.location = self.location.as_deref(),
                    panic.thread = self.thread.as_deref(),
                    panic.backtrace = backtrace.as_deref(),
                    "{}",
                    self.message
                );
                is_wanted
            })
        };
        match &self.dispatch {
            Some(dispatch) => dispatcher::with_default(dispatch, emit),
            // That of the process.
            None => emit(),
        }
    }
}

/// The message, which is a text unless somebody panicked with a value of their own.
fn said(payload: &(dyn Any + Send)) -> &str {
    if let Some(text) = payload.downcast_ref::<&'static str>() {
        text
    } else if let Some(text) = payload.downcast_ref::<String>() {
        text
    } else {
        "Box<dyn Any>"
    }
}
