use std::ffi::c_int;
use std::mem::ManuallyDrop;
use std::sync::{Arc, Mutex, Once, PoisonError, TryLockError, Weak};
use std::thread;
use std::time::Duration;

use radiosonde_core::{Clock as _, SystemClock, diagnostics};

use crate::queue::bounded::Queue;
use crate::queue::drain;
use crate::queue_options::CLOSE_WITHIN;

/// How often a locked queue is tried again.
const TRY_EVERY: Duration = Duration::from_millis(1);

/// Weak: an output that is dropped closes its own queue.
static QUEUES: Mutex<Vec<Weak<Queue>>> = Mutex::new(Vec::new());

static INSTALLED: Once = Once::new();

#[allow(unsafe_code, reason = "the standard library has no way to run something at the exit of the process")]
// SAFETY: the signature is that of the C standard; on Unix `int` is `c_int`.
unsafe extern "C" {
    // Safe: it stores the address of a function, which lives as long as the process.
    safe fn atexit(handler: extern "C" fn()) -> c_int;
}

/// Writes out this queue when the process exits. A telemetry in a `static` is never dropped, so nothing else would.
pub(crate) fn close_at_exit(queue: &Arc<Queue>) {
    let mut queues = QUEUES.lock().unwrap_or_else(PoisonError::into_inner);
    queues.retain(|queue| queue.strong_count() > 0);
    queues.push(Arc::downgrade(queue));
    drop(queues);
    let mut refused = false;
    INSTALLED.call_once(|| refused = atexit(close_all) != 0);
    if refused {
        let message =
            format_args!("no handler for the exit of the process: lines queued at that time will be lost");
        diagnostics::report("log", "exit", message);
    }
}

/// Closes all queues, on the thread that exits. Its thread-locals may be destroyed and it may hold any lock, so this runs no
/// code of a writer or sink and waits for nothing without a deadline.
extern "C" fn close_all() {
    let end = SystemClock.monotonic().saturating_add(CLOSE_WITHIN);
    let left = || end.saturating_sub(SystemClock.monotonic());
    let Some(known) = soon(left, || match QUEUES.try_lock() {
        Ok(queues) => Some(queues),
        Err(TryLockError::Poisoned(queues)) => Some(queues.into_inner()),
        Err(TryLockError::WouldBlock) => None,
    }) else {
        return;
    };
    // Not dropped: dropping the last reference would drop a clock here, which may be foreign code.
    let queues = ManuallyDrop::new(known.iter().filter_map(Weak::upgrade).collect::<Vec<_>>());
    drop(known);
    let is_free = |queue: &Queue| soon(left, || (!queue.is_locked()).then_some(())).is_some();
    let closing: Vec<_> = queues.iter().filter(|queue| is_free(queue) && begin_close(queue)).collect();
    for queue in closing {
        queue.wait_for_close(left());
    }
}

/// Tries until the time is over. It never blocks on a lock: in a forked child the lock's owner may not exist.
fn soon<T>(left: impl Fn() -> Duration, attempt: impl Fn() -> Option<T>) -> Option<T> {
    loop {
        let got = attempt();
        if got.is_some() || left().is_zero() {
            return got;
        }
        thread::sleep(TRY_EVERY);
    }
}

/// Begins to close a queue, so that later lines are written directly. False if no thread will empty it: the writer itself
/// exits the process, or this is a forked child that has queued nothing.
fn begin_close(queue: &Queue) -> bool {
    if drain::is_run_here(queue) {
        return false;
    }
    if queue.is_orphaned() {
        queue.ended();
        return false;
    }
    queue.begin_close();
    true
}
