use std::borrow::Cow;

use crate::propagation::baggage::Baggage;

/// The entries of received baggage that are trusted: they become attributes of spans and fields of log lines.
///
/// Default: none. All other entries are propagated only.
///
/// # Shape
/// A span has the entries of its parent's context as attributes. A line has those of its event's context, once
/// [`install_global`](crate::TracePipeline::install_global) was called, as `radiosonde::init` does: among its fields, with the
/// same redaction and limits. Own attributes of a span and fields of an event or of the spans around it win over entries of
/// the same name.
///
/// # Cost
/// Within a context that has baggage, each line looks up its entries, under a short lock. Without rules, a line costs one
/// atomic load.
///
/// ```
/// use radiosonde_trace::{Baggage, BaggageRules};
///
/// let rules = BaggageRules::new().promote(["tenant.id"]);
/// let baggage = Baggage::default().with("tenant.id", "acme")?.with("admin", "true")?;
/// let promoted: Vec<_> = rules.promoted(&baggage).collect();
/// assert_eq!(promoted, [("tenant.id", "acme".into())]);
/// # Ok::<(), radiosonde_trace::InvalidBaggage>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize), serde(default, deny_unknown_fields))]
#[must_use]
pub struct BaggageRules {
    promote: Vec<Box<str>>,
}

impl BaggageRules {
    /// Promotes nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds keys of entries to copy.
    pub fn promote<K: Into<String>>(mut self, keys: impl IntoIterator<Item = K>) -> Self {
        self.promote.extend(keys.into_iter().map(|key| Box::from(key.into())));
        self
    }

    /// Whether nothing is promoted.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.promote.is_empty()
    }

    /// The entries of this baggage to copy, as keys and decoded values.
    pub fn promoted<'a>(&'a self, baggage: &'a Baggage) -> impl Iterator<Item = (&'a str, Cow<'a, str>)> {
        self.promote.iter().filter_map(|key| Some((&**key, baggage.get(key)?)))
    }
}
