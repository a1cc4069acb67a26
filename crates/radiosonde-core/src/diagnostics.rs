//! Reports the library's own failures through a rate-limited hook; default: stderr.
//!
//! Never through `tracing`: a failure to deliver a line would produce another line. Each failure reported here is also
//! counted in a metric by the part that reports it. The hook is for people, the metric for alerts.
//!
//! ```
//! use std::sync::{Arc, Mutex};
//! use radiosonde_core::diagnostics;
//!
//! let seen = Arc::new(Mutex::new(Vec::new()));
//! let into = Arc::clone(&seen);
//! diagnostics::set_hook(move |diagnostic| into.lock().unwrap().push(diagnostic.to_string()));
//!
//! diagnostics::report("loki", "refused", format_args!("401 Unauthorized: check the tenant and the token"));
//! assert_eq!(seen.lock().unwrap()[0], "radiosonde: loki: refused: 401 Unauthorized: check the tenant and the token");
//! ```

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use crate::clock::{Clock, SystemClock};
use crate::survive::survive;

/// The interval between reports of one source and kind. Reports in between are suppressed, and counted in the next one.
pub const INTERVAL: Duration = Duration::from_secs(10);

/// Further pairs of source and kind share one interval, so that the table is bounded.
const MAX_KINDS: usize = 256;

/// A failure of the library itself.
#[derive(Debug, Clone, Copy)]
pub struct Diagnostic<'a> {
    /// The part that failed: `loki`, `otlp`, `metrics`.
    pub source: &'static str,
    /// The kind of failure; each pair of source and kind is rate limited separately.
    pub kind: &'static str,
    message: fmt::Arguments<'a>,
    /// Reports of this source and kind that were suppressed since the last one.
    pub suppressed: u64,
}

impl fmt::Display for Diagnostic<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "radiosonde: {}: {}: {}", self.source, self.kind, self.message)?;
        match self.suppressed {
            0 => Ok(()),
            n => write!(f, " (and {n} more since the last report)"),
        }
    }
}

type Hook = dyn Fn(&Diagnostic<'_>) + Send + Sync;

static HOOK: RwLock<Option<Arc<Hook>>> = RwLock::new(None);
static REPORTED: Mutex<Option<HashMap<(&'static str, &'static str), Reported>>> = Mutex::new(None);

#[derive(Clone, Copy)]
struct Reported {
    at: Duration,
    suppressed: u64,
}

/// Sends the library's failures to `hook` instead of stderr. The last call wins.
///
/// The hook may be called from any thread, the delivery thread included. It must not block for long; a panic in it is caught.
pub fn set_hook(hook: impl Fn(&Diagnostic<'_>) + Send + Sync + 'static) {
    let hook: Arc<Hook> = Arc::new(hook);
    let former = HOOK.write().unwrap_or_else(PoisonError::into_inner).replace(hook);
    // Outside the lock: the former hook is the user's, and dropping it may report something.
    drop(former);
}

/// Reports a failure, at most once per [`INTERVAL`] for each pair of `source` and `kind`.
///
/// # Cost
/// A lock and a look-up, so not for the hot path. The message is formatted only if it is passed on.
pub fn report(source: &'static str, kind: &'static str, message: fmt::Arguments<'_>) {
    if let Some(suppressed) = admit(source, kind, SystemClock.monotonic()) {
        emit(&Diagnostic { source, kind, message, suppressed });
    }
}

/// `Some(suppressed reports)` if a report passes.
fn admit(source: &'static str, kind: &'static str, now: Duration) -> Option<u64> {
    let mut table = lock(&REPORTED);
    let table = table.get_or_insert_default();
    let key = if table.len() < MAX_KINDS || table.contains_key(&(source, kind)) {
        (source, kind)
    } else {
        ("radiosonde", "other")
    };
    match table.get_mut(&key) {
        Some(last) if now.saturating_sub(last.at) < INTERVAL => {
            last.suppressed += 1;
            None
        }
        Some(last) => Some(std::mem::replace(last, Reported { at: now, suppressed: 0 }).suppressed),
        None => {
            table.insert(key, Reported { at: now, suppressed: 0 });
            Some(0)
        }
    }
}

fn emit(diagnostic: &Diagnostic<'_>) {
    // Cloned out, so that a hook which sets the hook does not deadlock.
    let hook = HOOK.read().unwrap_or_else(PoisonError::into_inner).clone();
    match hook {
        Some(hook) => {
            // A panic in a user's hook must not end the delivery thread. The panic hook has already reported it.
            let _ = survive(|| hook(diagnostic));
        }
        None => {
            use std::io::Write as _;
            // If stderr fails there is nowhere left to report it.
            let _ = writeln!(std::io::stderr().lock(), "{diagnostic}");
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_report_per_interval_says_how_many_it_stands_for() {
        let at = |seconds| admit("test", "interval", Duration::from_secs(seconds));
        assert_eq!(at(100), Some(0));
        assert_eq!(at(101), None);
        assert_eq!(at(109), None);
        assert_eq!(at(110), Some(2));
        assert_eq!(at(121), Some(0));
    }

    #[test]
    fn other_kinds_have_their_own_interval() {
        assert_eq!(admit("test", "a", Duration::from_secs(1)), Some(0));
        assert_eq!(admit("test", "b", Duration::from_secs(1)), Some(0));
    }
}
