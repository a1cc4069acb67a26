use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use radiosonde_core::diagnostics;
use radiosonde_metrics::model::{MAX_VALUE_BYTES, OVERFLOW};

/// Names that callers choose, each with a value, as the values of a label: a fixed number of them, all further ones refused.
///
/// A refused name is reported once: it is counted as `_overflow`.
///
/// # Cost
/// A known name is looked up without a lock, and so is a name beyond the limit. A new one copies the table under a lock.
pub struct BoundedNames<T> {
    known: ArcSwap<HashMap<Arc<str>, Arc<T>>>,
    /// Held while a name is added.
    adding: Mutex<()>,
    limit: usize,
    /// What the names are.
    what: &'static str,
    is_reported: AtomicBool,
}

impl<T> BoundedNames<T> {
    /// At most `limit` names. `what` describes them in the report, such as `"route templates"`.
    #[must_use]
    pub fn new(what: &'static str, limit: usize) -> Self {
        let (known, adding) = (ArcSwap::default(), Mutex::new(()));
        Self { known, adding, limit, what, is_reported: AtomicBool::new(false) }
    }

    /// The value of a known name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<Arc<T>> {
        self.known.load().get(name).map(Arc::clone)
    }

    /// The value of a name, made if the name is new; `None` beyond the limit, and for a name too long for a label.
    pub fn admit(&self, name: &str, make: impl FnOnce() -> T) -> Option<Arc<T>> {
        let is_long = name.len() > MAX_VALUE_BYTES;
        self.find(name).or_else(|| self.add(name, is_long, || name.to_owned(), make))
    }

    /// As [`admit`](Self::admit), for a key that stands for several names, which may be longer than one: a report has what `shown`
    /// returns.
    pub(crate) fn admit_key(
        &self,
        key: &str,
        shown: impl FnOnce() -> String,
        make: impl FnOnce() -> T,
    ) -> Option<Arc<T>> {
        self.find(key).or_else(|| self.add(key, false, shown, make))
    }

    #[cold]
    fn add(
        &self,
        name: &str,
        is_long: bool,
        shown: impl FnOnce() -> String,
        make: impl FnOnce() -> T,
    ) -> Option<Arc<T>> {
        // Before the lock: such names are never kept, so requests with many of them do not delay others.
        if is_long || self.known.load().len() >= self.limit {
            return self.refuse(shown);
        }
        let adding = self.adding.lock().unwrap_or_else(PoisonError::into_inner);
        let known = self.known.load_full();
        if let Some(value) = known.get(name) {
            return Some(Arc::clone(value));
        }
        if known.len() >= self.limit {
            drop(adding);
            return self.refuse(shown);
        }
        let value = Arc::new(make());
        let mut more = HashMap::clone(&known);
        more.insert(name.into(), Arc::clone(&value));
        self.known.store(Arc::new(more));
        Some(value)
    }

    /// Reports the first name that is refused.
    pub(crate) fn refuse(&self, shown: impl FnOnce() -> String) -> Option<Arc<T>> {
        // Relaxed: no memory depends on it. Written once, as each request reads it.
        if !self.is_reported.load(Ordering::Relaxed) && !self.is_reported.swap(true, Ordering::Relaxed) {
            let (limit, what) = (self.limit, self.what);
            let name = shown();
            let name = beginning(&name);
            let message = format_args!(
                "expected at most {limit} {what} of at most {MAX_VALUE_BYTES} bytes; {name:?} is counted as {OVERFLOW:?}"
            );
            diagnostics::report("signals", self.what, message);
        }
        None
    }
}

/// Enough of a name to know it again.
pub(crate) fn beginning(name: &str) -> &str {
    const MAX_SHOWN: usize = 128;
    name.char_indices().nth(MAX_SHOWN).and_then(|(end, _)| name.get(..end)).unwrap_or(name)
}

impl<T> fmt::Debug for BoundedNames<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BoundedNames")
            .field("what", &self.what)
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Duration;

    use super::*;

    #[test]
    fn names_beyond_the_limit_are_refused_and_known_ones_stay() {
        let names = BoundedNames::new("tenants", 2);
        let admitted = ["a", "b", "c", "a"].map(|name| names.admit(name, || name.len()).is_some());
        assert_eq!(admitted, [true, true, false, true]);
        assert!(names.is_reported.load(Ordering::Relaxed));
        assert!(names.find("b").is_some() && names.find("c").is_none());
    }

    #[test]
    fn the_value_of_a_name_is_made_once() {
        let names = BoundedNames::new("tenants", 2);
        let first = names.admit("a", || 1);
        assert_eq!((first.as_deref(), names.admit("a", || 2).as_deref()), (Some(&1), Some(&1)));
    }

    #[test]
    #[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    fn a_name_that_is_refused_waits_for_no_lock() {
        let names = Arc::new(BoundedNames::new("tenants", 1));
        names.admit("a", || ());
        let adding = names.adding.lock().unwrap();
        let (done, is_done) = mpsc::channel();
        let asks = Arc::clone(&names);
        std::thread::spawn(move || {
            let refused =
                ["b", &"x".repeat(MAX_VALUE_BYTES + 1)].map(|name| asks.admit(name, || ()).is_none());
            done.send((refused, asks.admit("a", || ()).is_some()))
        });
        assert_eq!(is_done.recv_timeout(Duration::from_secs(20)), Ok(([true, true], true)));
        drop(adding);
    }
}
