//! Whether a line is out, for the thread that reports a panic: a line that is wanted, accepted or flushed need not be written.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use radiosonde_appender::{Output, Written};
use radiosonde_queue::Rank;

use crate::events::target::PANIC_TARGET;

/// How long one queue is waited for before the others are looked at.
const ROUND: Duration = Duration::from_millis(10);

/// A line in a queue.
#[derive(Debug)]
struct Queued {
    output: Output,
    /// Lines that the queue had taken and lost before.
    lost: u64,
    /// What has to be settled.
    target: Option<u64>,
}

thread_local! {
    // `const` and without a destructor: every line of every thread asks, also while the thread ends.
    static IS_ON: Cell<bool> = const { Cell::new(false) };
    static IS_LINE: Cell<bool> = const { Cell::new(false) };
    static IS_OUT: Cell<bool> = const { Cell::new(false) };
    static QUEUED: RefCell<Vec<Queued>> = const { RefCell::new(Vec::new()) };
}

/// From now on this thread reports a panic.
pub(crate) fn begin() {
    IS_ON.set(true);
}

/// Whether this thread reports a panic.
pub(crate) fn is_on() -> bool {
    IS_ON.get()
}

/// Hands a line of this target to writers and sinks, and watches it if it is the panic's: not one of another layer, nor one that
/// counts suppressed lines.
pub(crate) fn line(target: &str, work: impl FnOnce()) {
    if !(IS_ON.get() && target == PANIC_TARGET) {
        return work();
    }
    IS_LINE.set(true);
    work();
    IS_LINE.set(false);
}

/// Whether the line that is written is watched.
pub(crate) fn is_line() -> bool {
    IS_LINE.get()
}

/// The line was written.
pub(crate) fn written() {
    if is_line() {
        IS_OUT.set(true);
    }
}

/// Writes the line that is watched to an output, which may lead nowhere.
pub(crate) fn write(output: &Output, line: &str, rank: Rank) {
    let lost = lost(output);
    match output.write(line.as_bytes(), rank) {
        Written::Never => {}
        _ if output.is_null() => {}
        Written::Now => written(),
        Written::Later => {
            let queued = Queued { output: output.clone(), lost, target: output.begin_flush() };
            QUEUED.with_borrow_mut(|all| all.push(queued));
        }
    }
}

/// Lines that the output's queue took and lost.
fn lost(output: &Output) -> u64 {
    output.report().map_or(0, |report| report.lost())
}

/// Waits until the panic's line is out, by one writer at least, or until no queue has it any more; `left` counts the time down.
pub(crate) fn is_out(left: impl Fn() -> Duration) -> bool {
    let mut queued = QUEUED.take();
    while !IS_OUT.get() && !queued.is_empty() {
        queued.retain(|queued| {
            let is_settled =
                queued.target.is_none_or(|target| queued.output.wait_for_flush(target, left().min(ROUND)));
            // Of what was lost meanwhile it is not known which lines they were.
            if is_settled && lost(&queued.output) == queued.lost {
                IS_OUT.set(true);
            }
            !is_settled
        });
        if left().is_zero() {
            break;
        }
    }
    IS_OUT.get()
}
