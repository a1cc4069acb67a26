//! The duration of a span whose record ends it.

use std::cell::Cell;
use std::time::Duration;

thread_local! {
    static TOOK: Cell<Option<Duration>> = const { Cell::new(None) };
    static IS_ENDING: Cell<bool> = const { Cell::new(false) };
}

/// Whether a span of this thread is being passed to the sinks, so that its lock may be held.
pub(crate) fn is_ending() -> bool {
    IS_ENDING.get()
}

/// Passes a span that ended to the sinks. They do not panic through it.
pub(crate) fn passing(pass: impl FnOnce()) {
    let before = IS_ENDING.replace(true);
    pass();
    IS_ENDING.set(before);
}

/// The duration of the span that ends on this thread, if its record set it.
pub(crate) fn took() -> Option<Duration> {
    TOOK.try_with(Cell::take).ok().flatten()
}

/// Runs the end of a span that lasted `took`.
pub(crate) fn lasting(took: Duration, end: impl FnOnce()) {
    // Fails while the thread exits; the span then ends now.
    let _ = TOOK.try_with(|ending| ending.set(Some(took)));
    end();
    // A span that is not sampled leaves its duration behind, which must not apply to the next span.
    let _ = self::took();
}
