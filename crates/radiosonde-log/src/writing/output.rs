use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};

use radiosonde_core::{Clock, diagnostics};

use crate::meter::Dropped;
use crate::rendering::value::discard;
use crate::writing::line::{Line, LineSink};
use crate::writing::writer::{Stream, WriteError, Writer};

/// How a writer's lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    Json,
    Pretty { colors: bool },
}

/// A writer in use.
#[derive(Debug)]
pub(crate) struct Output {
    name: &'static str,
    style: Style,
    dropped: Dropped,
    stream: Stream,
    writer: Mutex<Writer>,
}

impl Output {
    pub(crate) fn new(writer: Writer, style: Style, dropped: Dropped) -> Self {
        Self { name: writer.name(), style, dropped, stream: writer.stream(), writer: Mutex::new(writer) }
    }

    pub(crate) fn style(&self) -> Style {
        self.style
    }

    /// Writes a line that ends with a line feed, or counts and reports why not.
    pub(crate) fn write(&self, line: &str, clock: &dyn Clock) {
        let result = catch_unwind(AssertUnwindSafe(|| {
            // Before our own lock: a thread that holds the standard output and logs would wait for us while we wait for it.
            let _held = self.stream.hold();
            let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
            writer.write(line.as_bytes(), || clock.monotonic())
        }));
        match result {
            Ok(Ok(())) => {}
            Ok(Err(WriteError::Waiting)) => self.dropped.waiting.inc(),
            Ok(Err(WriteError::Io(error))) => {
                self.dropped.write.inc();
                diagnostics::report("log", "write", format_args!("cannot write to {}: {error}", self.name));
            }
            Err(payload) => {
                discard(payload);
                self.dropped.panicked.inc();
                diagnostics::report("log", "write", format_args!("the writer {} panicked", self.name));
            }
        }
    }
}

/// A sink in use.
pub(crate) struct Forward {
    sink: Arc<dyn LineSink>,
    dropped: Dropped,
}

impl Forward {
    pub(crate) fn new(sink: Arc<dyn LineSink>, dropped: Dropped) -> Self {
        Self { sink, dropped }
    }

    /// Hands a line over; a panic of the sink ends here.
    pub(crate) fn accept(&self, line: &Line<'_>) {
        if let Err(payload) = catch_unwind(AssertUnwindSafe(|| self.sink.accept(line))) {
            discard(payload);
            self.dropped.panicked.inc();
            diagnostics::report("log", "sink", format_args!("a sink for lines panicked"));
        }
    }
}

impl std::fmt::Debug for Forward {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Forward")
    }
}

thread_local! {
    // `const` and without a destructor: it can be read while the thread ends.
    static DELIVERING: Cell<bool> = const { Cell::new(false) };
}

/// Says that this thread is handing a line to writers and sinks, which may be anybody's code. An event that they emit would
/// wait for the writer's own lock, or come round without end.
#[derive(Debug)]
pub(crate) struct Delivering(());

impl Delivering {
    /// `None` if this thread delivers a line already.
    pub(crate) fn begin() -> Option<Self> {
        (!DELIVERING.replace(true)).then_some(Self(()))
    }

    pub(crate) fn is_on() -> bool {
        DELIVERING.get()
    }
}

impl Drop for Delivering {
    fn drop(&mut self) {
        DELIVERING.set(false);
    }
}
