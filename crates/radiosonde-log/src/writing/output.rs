use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use radiosonde_core::{Clock, SharedClock, diagnostics, survive};
use radiosonde_queue::Rank;

use crate::meter::{Dropped, Reason};
use crate::writing::announcement::Announcer;
use crate::writing::at_exit::close_at_exit;
use crate::writing::failure::Failure;
use crate::writing::lines::Lines;
use crate::writing::queue::bounded::{Pushed, Queue};
use crate::writing::queue::drain;
use crate::writing::queue::tally::Tally;
use crate::writing::watched;
use crate::writing::writer::{Stream, Writer};

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
    dropped: Arc<Dropped>,
    stream: Stream,
    writer: Mutex<Writer>,
    queue: Option<Queue>,
    announcer: Arc<Announcer>,
    clock: SharedClock,
}

impl Output {
    /// Puts a writer to use, and starts its thread if it has a queue.
    pub(crate) fn start(
        writer: Writer,
        style: Style,
        dropped: Dropped,
        announcer: Arc<Announcer>,
        clock: SharedClock,
    ) -> Arc<Self> {
        let dropped = Arc::new(dropped);
        let queue = writer.queue_options().map(|options| Queue::new(options.clone(), Arc::clone(&dropped)));
        let output = Arc::new(Self {
            name: writer.name(),
            style,
            dropped,
            stream: writer.stream(),
            writer: Mutex::new(writer),
            queue,
            announcer,
            clock,
        });
        output.spawn();
        if output.queue.is_some() {
            close_at_exit(&output);
        }
        output
    }

    fn spawn(self: &Arc<Self>) {
        let Some(queue) = &self.queue else { return };
        let output = Arc::clone(self);
        let work = move || {
            if let Some(queue) = &output.queue {
                drain::run(&output, queue);
            }
        };
        let started = thread::Builder::new().name(format!("log-{}", self.name)).spawn(work);
        if let Err(error) = started {
            queue.ended();
            let message =
                format_args!("no thread for {}, which is written to directly now: {error}", self.name);
            diagnostics::report("log", "thread", message);
        }
    }

    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    pub(crate) fn style(&self) -> Style {
        self.style
    }

    pub(crate) fn queue(&self) -> Option<&Queue> {
        self.queue.as_ref()
    }

    pub(crate) fn stream(&self) -> Stream {
        self.stream
    }

    pub(crate) fn clock(&self) -> &dyn Clock {
        &*self.clock
    }

    /// Queues or writes a line that ends with a line feed, or counts and reports why not.
    pub(crate) fn write(self: &Arc<Self>, line: &str, rank: Rank) {
        let Some(queue) = &self.queue else { return self.write_directly(line, rank) };
        let lost = watched::is_line().then(|| queue.lost());
        match queue.push(line.as_bytes(), rank, &*self.clock) {
            Pushed::Taken => {
                if let Some(lost) = lost {
                    watched::queued(self, lost);
                }
            }
            Pushed::Dropped => {}
            Pushed::Orphaned => self.spawn(),
            Pushed::Direct => self.write_directly(line, rank),
        }
    }

    /// A thread does not survive a fork.
    fn start_in_a_forked_child(self: &Arc<Self>, queue: &Queue) {
        if queue.is_orphaned() {
            self.spawn();
        }
    }

    fn write_directly(&self, line: &str, rank: Rank) {
        let reason = match self.attempt(Lines::whole(line.as_bytes()), &mut 0) {
            Ok(()) => return watched::written_to(self.stream),
            Err(Failure::Later { error: None, .. }) => Reason::Waiting,
            Err(Failure::Panicked) => {
                self.report_panic();
                Reason::Panicked
            }
            Err(
                Failure::Refused(error)
                | Failure::Unflushed(error)
                | Failure::Busy(error)
                | Failure::Later { error: Some(error), .. },
            ) => {
                self.report(&error);
                Reason::of(&error)
            }
        };
        self.dropped.count(reason, rank.level(), 1);
    }

    /// Writes lines; `written` says how far it came. A panic of the writer ends here.
    pub(crate) fn attempt(&self, lines: Lines<'_>, written: &mut usize) -> Result<(), Failure> {
        let result = survive(|| {
            // Before our own lock: a thread that holds the standard output and logs would wait for us while we wait for it.
            let _held = self.stream.hold();
            let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
            writer.write(lines, written, &*self.clock)
        });
        result.unwrap_or(Err(Failure::Panicked))
    }

    /// Lines that say what was dropped.
    pub(crate) fn announcement(&self, tally: &Tally) -> String {
        self.announcer.lines(tally, self.name, self.style, self.clock.now())
    }

    pub(crate) fn report(&self, error: &io::Error) {
        diagnostics::report("log", "write", format_args!("cannot write to {}: {error}", self.name));
    }

    pub(crate) fn report_panic(&self) {
        diagnostics::report("log", "write", format_args!("the writer {} panicked", self.name));
    }

    /// Asks for what is queued to be written now; what to wait for, if anything.
    pub(crate) fn begin_flush(self: &Arc<Self>) -> Option<u64> {
        let queue = self.queue.as_ref()?;
        self.start_in_a_forked_child(queue);
        queue.begin_flush()
    }

    pub(crate) fn wait_for_flush(&self, target: u64, longest: Duration) -> bool {
        self.queue.as_ref().is_none_or(|queue| queue.wait_for_flush(target, longest))
    }

    pub(crate) fn begin_close(self: &Arc<Self>) {
        if let Some(queue) = &self.queue {
            self.start_in_a_forked_child(queue);
            queue.begin_close();
        }
    }

    pub(crate) fn wait_for_close(&self, longest: Duration) -> bool {
        self.queue.as_ref().is_none_or(|queue| queue.wait_for_close(longest, &*self.clock))
    }
}
