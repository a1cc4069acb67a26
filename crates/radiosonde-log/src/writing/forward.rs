use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use radiosonde_appender::{DropCounters, DropReason};
use radiosonde_core::{diagnostics, survive};

use crate::writing::line::{Line, LineSink};

/// A running sink.
pub(crate) struct Forward {
    sink: Arc<dyn LineSink>,
    dropped: DropCounters,
}

impl Forward {
    pub(crate) fn new(sink: Arc<dyn LineSink>, dropped: DropCounters) -> Self {
        Self { sink, dropped }
    }

    /// Passes on a line; catches a panic of the sink.
    pub(crate) fn accept(&self, line: &Line<'_>) {
        if survive(|| self.sink.accept(line)).is_none() {
            self.dropped.count(DropReason::Panicked, line.level(), 1);
            report();
        }
    }

    /// Flushes the sink; true if nothing is pending. Catches a panic of the sink.
    pub(crate) fn flush(&self, deadline: Duration) -> bool {
        survive(|| self.sink.flush(deadline)).unwrap_or_else(|| {
            report();
            false
        })
    }
}

fn report() {
    diagnostics::report("log", "sink", format_args!("a sink for lines panicked"));
}

impl fmt::Debug for Forward {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Forward")
    }
}
