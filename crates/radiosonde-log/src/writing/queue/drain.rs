use std::cell::Cell;
use std::ptr;
use std::time::Duration;

use crate::meter::Reason;
use crate::writing::delivering::Delivering;
use crate::writing::failure::Failure;
use crate::writing::lines::Lines;
use crate::writing::output::Output;
use crate::writing::queue::bounded::{Queue, Work};
use crate::writing::queue::chunk::Chunk;
use crate::writing::queue::tally::Tally;

/// How long an output that does not block and is full is left alone.
const BUSY_FOR: Duration = Duration::from_millis(2);

thread_local! {
    // `const` and without a destructor: it can be read while the process exits.
    static QUEUE: Cell<*const Queue> = const { Cell::new(ptr::null()) };
}

/// Whether this is the thread that writes what is in the queue.
pub(crate) fn is_run_here(queue: &Queue) -> bool {
    ptr::eq(QUEUE.get(), queue)
}

/// What the writer's thread does until its queue ends.
///
/// Events that the writer emits on it are counted and dropped, as on any thread that delivers. The thread has no subscriber of
/// its own set: one scoped subscriber anywhere makes every event of the process slower.
pub(crate) fn run(output: &Output, queue: &Queue) {
    let _delivering = Delivering::begin();
    QUEUE.set(queue);
    loop {
        match queue.next(output.clock()) {
            Work::Write(chunk) => {
                let written = write(output, queue, &chunk);
                queue.settle(chunk, written);
            }
            Work::Announce(tally) => {
                for tally in tally.one_by_one() {
                    if !announce(output, queue, &tally) {
                        queue.take_back(&tally);
                    }
                }
            }
            Work::End => break,
        }
    }
    queue.ended();
}

/// Says that lines were dropped; false if that could not be written.
fn announce(output: &Output, queue: &Queue, tally: &Tally) -> bool {
    let lines = output.announcement(tally);
    let mut rest = Lines::whole(lines.as_bytes());
    loop {
        let mut written = 0;
        match output.attempt(rest, &mut written) {
            Ok(()) => return true,
            // What was begun is ended, however long that takes.
            Err(Failure::Busy(_)) if queue.pause(BUSY_FOR) => {
                rest = Lines { bytes: &rest.bytes[written..], resumes: rest.resumes || written > 0 };
            }
            Err(_) => return false,
        }
    }
}

/// Writes a chunk, as far and as long as the writer can be brought to it; returns how many lines were written.
fn write(output: &Output, queue: &Queue, chunk: &Chunk) -> u64 {
    let bytes = chunk.bytes();
    let mut lost = 0;
    let mut lose = |reason, from: usize, to: usize| {
        let mut start = 0;
        for entry in chunk.entries() {
            if (from..to).contains(&start) {
                queue.lose(reason, entry.rank.level(), 1, output.clock());
                lost += 1;
            }
            start += entry.length();
        }
    };
    let mut at = 0;
    let mut resumes = false;
    loop {
        let mut written = 0;
        let result = output.attempt(Lines { bytes: &bytes[at..], resumes }, &mut written);
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
                    output.report(&error);
                }
                // What is written of the line, if anything, is no line; it goes out again as a whole.
                (at, resumes) = (start.min(reached), false);
                after
            }
            Failure::Refused(error) => {
                output.report(&error);
                lose(Reason::of(&error), start, end);
                (at, resumes) = (end, false);
                Duration::ZERO
            }
            Failure::Unflushed(error) => {
                output.report(&error);
                lose(Reason::of(&error), at, bytes.len());
                break;
            }
            Failure::Panicked => {
                output.report_panic();
                lose(Reason::Panicked, start, end);
                (at, resumes) = (end, false);
                Duration::ZERO
            }
        };
        if at >= bytes.len() && !resumes && patience.is_zero() {
            break;
        }
        // Without patience, too: a writer that always asks for another try would keep this thread for ever.
        if !queue.pause(patience) {
            lose(Reason::Shutdown, if resumes { start } else { at }, bytes.len());
            break;
        }
    }
    chunk.entries().len() as u64 - lost
}
