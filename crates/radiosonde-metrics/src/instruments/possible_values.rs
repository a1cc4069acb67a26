use std::sync::{Arc, Mutex, PoisonError};

/// The possible values of a family's labels: of each label those of all its declarations, and none where any value is possible.
#[derive(Debug)]
pub(crate) struct PossibleValues(Mutex<Arc<ByLabel>>);

/// The values of each label; empty where any value is possible.
pub(crate) type ByLabel = [Box<[Box<str>]>];

impl PossibleValues {
    pub(crate) fn new(values: impl Iterator<Item = Box<[Box<str>]>>) -> Self {
        Self(Mutex::new(values.collect()))
    }

    /// Those declared so far.
    pub(crate) fn so_far(&self) -> Arc<ByLabel> {
        Arc::clone(&self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Adds those of a further declaration of the same family.
    pub(crate) fn add(&self, declared: &Self) {
        let declared = declared.so_far();
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if *known != declared {
            *known = known.iter().zip(&*declared).map(|(known, declared)| union(known, declared)).collect();
        }
    }
}

fn union(known: &[Box<str>], declared: &[Box<str>]) -> Box<[Box<str>]> {
    if known.is_empty() || declared.is_empty() {
        return Box::default();
    }
    let new = declared.iter().filter(|value| !known.contains(value));
    known.iter().chain(new).cloned().collect()
}
