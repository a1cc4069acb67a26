use radiosonde_signals::{Anomalies, Objectives};

use crate::engine::core::Core;

impl Core {
    /// Evaluates if there is a rule, an objective or a detector. Otherwise no collector of the registry is called, and no evaluation is counted.
    pub(crate) fn evaluate_if_needed(&self) {
        if self.has_something_to_evaluate() {
            return self.evaluate();
        }
        // Alerts may have been created by hand.
        self.pass_on();
    }

    fn has_something_to_evaluate(&self) -> bool {
        !Objectives::of(&self.registry).slos().is_empty()
            || !Anomalies::of(&self.registry).statuses().is_empty()
            || !self.rule_statuses(&self.book()).is_empty()
    }
}
