use std::borrow::Cow;
use std::cell::RefCell;
use std::fmt;

use radiosonde_core::SharedClock;
use radiosonde_metrics::model::OVERFLOW;

use crate::bounded_names::BoundedNames;
use crate::operations::operation::Operation;
use crate::operations::work_metrics::WorkMetrics;

/// The operations of a kind of work by the values of their last labels, each made when it is first asked for.
///
/// # Cost
/// A known operation is found without a lock and without an allocation.
pub(crate) struct Operations {
    metrics: WorkMetrics,
    clock: SharedClock,
    /// The values of the first labels, the same for all.
    first: Vec<String>,
    /// The name of all operations; default: the last label value.
    name: Option<Cow<'static, str>>,
    known: BoundedNames<Operation>,
    overflow: Operation,
}

/// After each value of a key. It is not a character, so no text has a use for it.
const SEPARATOR: char = '\u{10ffff}';

thread_local! {
    static KEY: RefCell<String> = const { RefCell::new(String::new()) };
}

impl Operations {
    /// At most `limit` operations with these values of the first labels, named by their last value. `what` describes them in a report of
    /// the limit.
    pub(crate) fn new(
        metrics: WorkMetrics,
        clock: SharedClock,
        first: Vec<String>,
        (what, limit): (&'static str, usize),
    ) -> Self {
        let overflow =
            Self::make(&metrics, &clock, &first, None, &vec![OVERFLOW; metrics.labels - first.len()]);
        Self { metrics, clock, first, name: None, known: BoundedNames::new(what, limit), overflow }
    }

    /// All of them with this name.
    pub(crate) fn named(mut self, name: Cow<'static, str>) -> Self {
        let values = vec![OVERFLOW; self.metrics.labels - self.first.len()];
        self.overflow = Self::make(&self.metrics, &self.clock, &self.first, Some(&name), &values);
        self.name = Some(name);
        self
    }

    fn make(
        metrics: &WorkMetrics,
        clock: &SharedClock,
        first: &[String],
        name: Option<&Cow<'static, str>>,
        values: &[&str],
    ) -> Operation {
        let values: Vec<&str> = first.iter().map(String::as_str).chain(values.iter().copied()).collect();
        let last = || Cow::Owned(values.last().copied().unwrap_or_default().to_owned());
        Operation::from_metrics(metrics, name.cloned().unwrap_or_else(last), &values, clock)
    }

    /// The operation with these values of the last labels, in their order; beyond the limit, one whose values are `_overflow`.
    pub(crate) fn get(&self, values: &[&str]) -> Operation {
        self.get_by(|see| values.iter().for_each(|value| see(value)))
    }

    /// The operation with the values of the last labels that `visit` shows.
    pub(crate) fn get_by(&self, visit: impl FnOnce(&mut dyn FnMut(&str))) -> Operation {
        // Taken while it is used: `visit` may be code of others that asks for an operation.
        let mut key = KEY.take();
        key.clear();
        visit(&mut |value| {
            key.push_str(value);
            key.push(SEPARATOR);
        });
        let found = self.known.admit(&key, || {
            let values: Vec<&str> = key.split_terminator(SEPARATOR).collect();
            Self::make(&self.metrics, &self.clock, &self.first, self.name.as_ref(), &values)
        });
        KEY.set(key);
        found.map_or_else(|| self.overflow.clone(), |found| Operation::clone(&found))
    }
}

impl fmt::Debug for Operations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Operations").field("metrics", &self.metrics).finish_non_exhaustive()
    }
}
