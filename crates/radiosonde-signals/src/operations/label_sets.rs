use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use radiosonde_metrics::Registry;
use radiosonde_metrics::model::{MAX_VALUE_BYTES, OVERFLOW};

use crate::bounded_names::BoundedNames;
use crate::operations::label_key::LabelKey;

/// The sets of label values that the operations of one kind of work have, in all declarations of it.
///
/// They are limited together, because the metrics of an operation have different numbers of series: each at its own limit, they
/// would disagree.
pub(crate) struct LabelSets(BoundedNames<()>);

/// The limit of label sets, with the one of `_overflow`. It is the default limit of series.
pub(crate) const SETS: usize = 2000;

/// The kinds of errors that there is room for in each set, on average.
pub(crate) const KINDS: usize = 32;

impl LabelSets {
    /// Those of the kind of work with this metric.
    pub(crate) fn of(registry: &Registry, metric: &str) -> Arc<Self> {
        let declared = registry.attachment::<Declared>();
        let mut all = declared.0.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || Arc::new(Self(BoundedNames::new("label sets of the operations of a metric", SETS - 1)));
        Arc::clone(all.entry(metric.to_owned()).or_insert_with(new))
    }

    /// These values as labels can have them; all are `_overflow` beyond the limit.
    pub(crate) fn admit<'v>(&self, values: &[&'v str]) -> Vec<&'v str> {
        let bounded = |&value: &&'v str| if value.len() > MAX_VALUE_BYTES { OVERFLOW } else { value };
        let values: Vec<&str> = values.iter().map(bounded).collect();
        let key = LabelKey::of(&values);
        match self.0.admit_key(key.as_str(), || key.shown(), || ()) {
            Some(_) => values,
            None => vec![OVERFLOW; values.len()],
        }
    }
}

/// Those of a registry, by metric.
#[derive(Default)]
struct Declared(Mutex<HashMap<String, Arc<LabelSets>>>);
