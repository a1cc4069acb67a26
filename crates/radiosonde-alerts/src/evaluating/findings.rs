use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use crate::alert::Alert;
use crate::book::observation::Observation;

/// The alerts of the findings of one evaluation, in the order in which they were found: one for each set of labels.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    all: Vec<Alert>,
    by_labels: BTreeMap<BTreeMap<String, String>, usize>,
}

impl Findings {
    /// Adds an alert. Returns whether there was none with the same labels; of two, the one with the higher value stays; one without a value gives way.
    pub(crate) fn add(&mut self, alert: Alert) -> bool {
        match self.by_labels.entry(alert.labels().clone()) {
            Entry::Vacant(entry) => {
                entry.insert(self.all.len());
                self.all.push(alert);
                true
            }
            Entry::Occupied(entry) => {
                if let Some(known) = self.all.get_mut(*entry.get()) {
                    // `None` is less than any value.
                    if alert.value() > known.value() {
                        *known = alert;
                    }
                }
                false
            }
        }
    }

    /// What was observed: an alert without a value is one without data.
    pub(crate) fn observations(self) -> Vec<Observation> {
        let observe = |alert: Alert| match alert.value() {
            Some(_) => Observation::Holds(alert),
            None => Observation::Unknown(alert),
        };
        self.all.into_iter().map(observe).collect()
    }
}
