use std::sync::{Arc, Mutex, PoisonError};
use std::{fmt, io};

use radiosonde_core::{SharedClock, diagnostics, survive};
use radiosonde_queue::Rank;

use crate::drop_counters::DropCounters;
use crate::drop_reason::DropReason;
use crate::drops::{DropNotice, Drops};
use crate::failure::Failure;
use crate::lines::Lines;
use crate::stream::Stream;
use crate::writer::Writer;

/// A writer together with its counters, used on the calling thread.
pub(crate) struct Direct {
    pub(crate) name: &'static str,
    pub(crate) stream: Stream,
    dropped: Arc<DropCounters>,
    clock: SharedClock,
    writer: Mutex<Writer>,
    notice: Box<dyn DropNotice>,
}

impl fmt::Debug for Direct {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Direct")
            .field("name", &self.name)
            .field("writer", &self.writer)
            .finish_non_exhaustive()
    }
}

impl Direct {
    pub(crate) fn new(
        writer: Writer,
        dropped: Arc<DropCounters>,
        notice: Box<dyn DropNotice>,
        clock: SharedClock,
    ) -> Self {
        Self {
            name: writer.name(),
            stream: writer.stream(),
            dropped,
            clock,
            writer: Mutex::new(writer),
            notice,
        }
    }

    /// Writes a line, or counts and reports the failure; true if the line is written.
    pub(crate) fn write(&self, line: &[u8], rank: Rank) -> bool {
        let reason = match self.attempt(Lines::whole(line), &mut 0) {
            Ok(()) => return true,
            Err(Failure::Later { error: None, .. }) => DropReason::Waiting,
            Err(Failure::Panicked) => {
                self.report_panic();
                DropReason::Panicked
            }
            Err(
                Failure::Refused(error)
                | Failure::Unflushed(error)
                | Failure::Busy(error)
                | Failure::Later { error: Some(error), .. },
            ) => {
                self.report(&error);
                DropReason::of(&error)
            }
        };
        self.dropped.count(reason, rank.level(), 1);
        false
    }

    /// Writes lines and adds the bytes written to `written`. Catches a panic of the writer.
    pub(crate) fn attempt(&self, lines: Lines<'_>, written: &mut usize) -> Result<(), Failure> {
        let result = survive(|| {
            // Before our own lock: a thread that holds the standard output and logs would otherwise deadlock with us.
            let _held = self.stream.hold();
            let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
            writer.write(lines, written, &*self.clock)
        });
        result.unwrap_or(Err(Failure::Panicked))
    }

    /// Lines that report what was dropped.
    pub(crate) fn notice(&self, drops: &Drops) -> String {
        self.notice.lines(drops, self.name)
    }

    pub(crate) fn report(&self, error: &io::Error) {
        diagnostics::report("log", "write", format_args!("cannot write to {}: {error}", self.name));
    }

    pub(crate) fn report_panic(&self) {
        diagnostics::report("log", "write", format_args!("the writer {} panicked", self.name));
    }
}
