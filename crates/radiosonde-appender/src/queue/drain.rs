use std::cell::Cell;
use std::ptr;
use std::time::Duration;

use crate::direct::Direct;
use crate::drop_reason::DropReason;
use crate::drops::Drops;
use crate::failure::Failure;
use crate::lines::Lines;
use crate::queue::bounded::{Queue, Work};
use crate::queue::chunk::Chunk;
use crate::reentrancy_guard::ReentrancyGuard;

/// How long to wait before a full non-blocking output is tried again.
const BUSY_FOR: Duration = Duration::from_millis(2);

thread_local! {
    // `const` and without a destructor, so that it can be read while the process exits.
    static QUEUE: Cell<*const Queue> = const { Cell::new(ptr::null()) };
}

/// Whether this thread drains the queue.
pub(crate) fn is_run_here(queue: &Queue) -> bool {
    ptr::eq(QUEUE.get(), queue)
}

/// Runs the writer's thread until its queue ends.
///
/// The reentrancy guard drops and counts events that the writer emits here. The thread sets no subscriber of its own: a
/// single scoped subscriber anywhere makes every event of the process slower.
pub(crate) fn run(direct: &Direct, queue: &Queue) {
    let _guard = ReentrancyGuard::enter();
    QUEUE.set(queue);
    loop {
        match queue.next() {
            Work::Write(chunk) => {
                let written = write(direct, queue, &chunk);
                queue.settle(chunk, written);
            }
            Work::Announce(drops) => {
                for drops in drops.one_by_one() {
                    if !announce(direct, queue, &drops) {
                        queue.take_back(&drops);
                    }
                }
            }
            Work::End => break,
        }
    }
    queue.ended();
}

/// Writes lines that report the drops; false if that failed.
fn announce(direct: &Direct, queue: &Queue, drops: &Drops) -> bool {
    let lines = direct.notice(drops);
    let mut rest = Lines::whole(lines.as_bytes());
    loop {
        let mut written = 0;
        match direct.attempt(rest, &mut written) {
            Ok(()) => return true,
            // A line that was begun is ended, however long that takes.
            Err(Failure::Busy(_)) if queue.pause(BUSY_FOR) => {
                rest = Lines { bytes: &rest.bytes[written..], resumes: rest.resumes || written > 0 };
            }
            Err(_) => return false,
        }
    }
}

/// Writes a chunk, retrying for as long as the writer permits; returns the number of lines written.
fn write(direct: &Direct, queue: &Queue, chunk: &Chunk) -> u64 {
    let bytes = chunk.bytes();
    let mut lost = 0;
    let mut lose = |reason, from: usize, to: usize| {
        let mut start = 0;
        for entry in chunk.entries() {
            if (from..to).contains(&start) {
                queue.lose(reason, entry.rank.level(), 1);
                lost += 1;
            }
            start += entry.length();
        }
    };
    let mut at = 0;
    let mut resumes = false;
    loop {
        let mut written = 0;
        let result = direct.attempt(Lines { bytes: &bytes[at..], resumes }, &mut written);
        let reached = at + written;
        let Err(failure) = result else { break };
        let Some((start, end, _)) = chunk.line_at(reached) else { break };
        let patience = match failure {
            Failure::Busy(_) => {
                (at, resumes) = (reached, reached > start);
                BUSY_FOR
            }
            Failure::Later { after, error } => {
                if let Some(error) = error {
                    direct.report(&error);
                }
                // A partly written line is not a line; it is written again as a whole.
                (at, resumes) = (start.min(reached), false);
                after
            }
            Failure::Refused(error) => {
                direct.report(&error);
                lose(DropReason::of(&error), start, end);
                (at, resumes) = (end, false);
                Duration::ZERO
            }
            Failure::Unflushed(error) => {
                direct.report(&error);
                lose(DropReason::of(&error), at, bytes.len());
                break;
            }
            Failure::Panicked => {
                direct.report_panic();
                lose(DropReason::Panicked, start, end);
                (at, resumes) = (end, false);
                Duration::ZERO
            }
        };
        if at >= bytes.len() && !resumes && patience.is_zero() {
            break;
        }
        // Also without patience: a writer that always asks for a retry must not keep this thread for ever.
        if !queue.pause(patience) {
            lose(DropReason::Shutdown, if resumes { start } else { at }, bytes.len());
            break;
        }
    }
    chunk.entries().len() as u64 - lost
}
