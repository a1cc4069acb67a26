//! Tracks whether a panic's line is really written: a line that is enabled, accepted or flushed need not be.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use radiosonde_appender::{Output, Written};
use radiosonde_queue::Rank;

use crate::events::target::PANIC_TARGET;

/// How long to wait for one queue before checking the others.
const ROUND: Duration = Duration::from_millis(10);

/// A line in a queue.
#[derive(Debug)]
struct Queued {
    output: Output,
    /// Lines that the queue had accepted and lost before.
    lost: u64,
    /// The flush to wait for.
    target: Option<u64>,
}

thread_local! {
    // `const` and without a destructor: every line reads it, also while the thread exits.
    static IS_ON: Cell<bool> = const { Cell::new(false) };
    static IS_LINE: Cell<bool> = const { Cell::new(false) };
    static IS_OUT: Cell<bool> = const { Cell::new(false) };
    static QUEUED: RefCell<Vec<Queued>> = const { RefCell::new(Vec::new()) };
}

/// Marks this thread as reporting a panic.
pub(crate) fn begin() {
    IS_ON.set(true);
}

/// Whether this thread reports a panic.
pub(crate) fn is_on() -> bool {
    IS_ON.get()
}

/// Passes a line with this target to writers and sinks, and watches it if it is the panic's own line: not one of another
/// layer, and not an announcement.
pub(crate) fn line(target: &str, work: impl FnOnce()) {
    if !(IS_ON.get() && target == PANIC_TARGET) {
        return work();
    }
    IS_LINE.set(true);
    work();
    IS_LINE.set(false);
}

/// Whether the line being written is watched.
pub(crate) fn is_line() -> bool {
    IS_LINE.get()
}

/// Records that the line was written.
pub(crate) fn written() {
    if is_line() {
        IS_OUT.set(true);
    }
}

/// Writes the watched line to an output, which may be the null device.
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

/// Lines that the output's queue accepted and lost.
fn lost(output: &Output) -> u64 {
    output.report().map_or(0, |report| report.lost())
}

/// Waits until at least one writer has written the panic's line, or no queue holds it any more; `left` returns the time left.
pub(crate) fn is_out(left: impl Fn() -> Duration) -> bool {
    let mut queued = QUEUED.take();
    while !IS_OUT.get() && !queued.is_empty() {
        queued.retain(|queued| {
            let is_settled =
                queued.target.is_none_or(|target| queued.output.wait_for_flush(target, left().min(ROUND)));
            // It is unknown which lines were lost meanwhile.
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
