//! Threads whose `tracing` events, spans and `log` records are ignored.
//!
//! A delivery thread sends telemetry with an HTTP client that emits events of its own: a line about sending a line would
//! produce another one. Such a thread silences itself, and the filters and layers of the radiosonde crates ignore what it
//! emits. Other filters can check [`is_silenced`] too; the answer differs by thread, so it must not be cached by callsite.
//!
//! The flag is a thread-local and not a scoped subscriber. While any thread of a process has a scoped subscriber, `tracing`
//! makes every event of every thread slower, and drops those that are emitted within a `Debug`, a `Display` or the
//! destructor of a thread-local.
//! thread-local.

use std::cell::Cell;

thread_local! {
    // `const` and without a destructor, so that it can be read while the thread exits.
    static SILENCED: Cell<bool> = const { Cell::new(false) };
}

/// Silences the current thread for the rest of its life.
///
/// For threads that deliver telemetry, before they do anything else: a span entered earlier stays entered.
///
/// ```
/// use radiosonde_core::silence;
///
/// std::thread::spawn(|| {
///     silence::silence_thread();
///     assert!(silence::is_silenced());
/// });
/// assert!(!silence::is_silenced());
/// ```
pub fn silence_thread() {
    SILENCED.set(true);
}

/// Whether the current thread is silenced.
///
/// # Cost
/// One thread-local load.
#[inline]
#[must_use]
pub fn is_silenced() -> bool {
    SILENCED.get()
}
