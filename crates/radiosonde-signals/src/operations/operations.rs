use std::borrow::Cow;
use std::cell::RefCell;
use std::fmt;
use std::sync::OnceLock;

use radiosonde_core::SharedClock;
use radiosonde_metrics::model::OVERFLOW;

use crate::bounded_names::BoundedNames;
use crate::operations::label_key::LabelKey;
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
    /// What the default name begins with.
    verb: &'static str,
    known: BoundedNames<Operation>,
    overflow: OnceLock<Operation>,
}

thread_local! {
    static KEY: RefCell<LabelKey> = const { RefCell::new(LabelKey::new()) };
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
        let (known, overflow) = (BoundedNames::new(what, limit), OnceLock::new());
        Self { metrics, clock, first, name: None, verb: "", known, overflow }
    }

    /// All of them with this name.
    pub(crate) fn named(self, name: Cow<'static, str>) -> Self {
        Self { name: Some(name), ..self }
    }

    /// Each named by this verb and its last label value: `publish orders`.
    pub(crate) fn prefixed(self, verb: &'static str) -> Self {
        Self { verb, ..self }
    }

    fn make(&self, values: &[&str]) -> Operation {
        let last = values.last().copied().unwrap_or_default();
        let values = self.first.iter().map(String::as_str).chain(values.iter().copied());
        let values: Vec<&str> = values.take(self.metrics.labels).collect();
        let name = || if self.verb.is_empty() { last.to_owned() } else { format!("{} {last}", self.verb) };
        let name = self.name.clone().unwrap_or_else(|| Cow::Owned(name()));
        Operation::from_metrics(&self.metrics, name, &values, &self.clock)
    }

    /// The operation with these values of the last labels, in their order; beyond the limit, and for a value too long for a label, one
    /// whose values are `_overflow`.
    /// A value more than there are labels is its name only.
    pub(crate) fn get(&self, values: &[&str]) -> Operation {
        self.get_by(|see| values.iter().for_each(|value| see(value)))
    }

    /// The operation with the values of the last labels that `visit` shows.
    pub(crate) fn get_by(&self, visit: impl FnOnce(&mut dyn FnMut(&str))) -> Operation {
        // Taken while it is used: `visit` may be code of others that asks for an operation.
        let mut key = KEY.take();
        key.clear();
        visit(&mut |value| key.push(value));
        let found = if key.has_long_value() {
            self.known.refuse(|| key.shown())
        } else {
            self.known.admit_key(key.as_str(), || key.shown(), || self.make(&key.values()))
        };
        KEY.set(key);
        found.map_or_else(|| self.overflow().clone(), |found| Operation::clone(&found))
    }

    /// The operation of all values beyond the limit, which is exposed once there are any.
    fn overflow(&self) -> &Operation {
        // At least one, for the name.
        let values = || vec![OVERFLOW; (self.metrics.labels - self.first.len()).max(1)];
        self.overflow.get_or_init(|| self.make(&values()))
    }
}

impl fmt::Debug for Operations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Operations").field("metrics", &self.metrics).finish_non_exhaustive()
    }
}
