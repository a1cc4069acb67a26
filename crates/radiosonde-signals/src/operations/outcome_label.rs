use std::borrow::Cow;

use radiosonde_core::Outcome;

/// The label with the outcome of a unit of work, and its values.
#[derive(Debug, Clone)]
pub(crate) struct OutcomeLabel {
    pub(crate) name: Cow<'static, str>,
    /// Indexed by the outcome.
    pub(crate) values: [&'static str; Outcome::ALL.len()],
}

impl OutcomeLabel {
    /// `outcome`, with a value for each outcome.
    pub(crate) const OUTCOME: Self = Self {
        name: Cow::Borrowed("outcome"),
        values: ["completed", "failed", "aborted", "panicked", "timed_out", "shed"],
    };

    /// `status`: `success`, or `error` for all else.
    pub(crate) const STATUS: Self = Self::status("error");

    /// `status`: `success`, or `failed` for all else.
    pub(crate) const STATUS_FAILED: Self = Self::status("failed");

    const fn status(failure: &'static str) -> Self {
        let values = ["success", failure, failure, failure, failure, failure];
        Self { name: Cow::Borrowed("status"), values }
    }

    /// No label: outcomes are not told apart.
    pub(crate) const NONE: Self = Self { name: Cow::Borrowed(""), values: [""; Outcome::ALL.len()] };

    /// Its name, if there is one.
    pub(crate) fn label(&self) -> Option<&str> {
        Some(&*self.name).filter(|name| !name.is_empty())
    }

    /// The values of outcomes that are errors, each once.
    pub(crate) fn errors(&self) -> Vec<&'static str> {
        let errors = [Outcome::Failed, Outcome::Panicked, Outcome::TimedOut, Outcome::Shed];
        each_once(errors.map(|outcome| self.values[outcome.index()]))
    }

    /// All values, each once.
    pub(crate) fn all(&self) -> Vec<&'static str> {
        each_once(self.values)
    }
}

fn each_once(values: impl IntoIterator<Item = &'static str>) -> Vec<&'static str> {
    values.into_iter().fold(Vec::new(), |mut once, value| {
        if !once.contains(&value) {
            once.push(value);
        }
        once
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_values_of_the_outcome_label_are_those_of_the_outcome() {
        assert_eq!(OutcomeLabel::OUTCOME.values, Outcome::ALL.map(Outcome::as_str));
    }

    #[test]
    fn a_value_of_several_outcomes_is_listed_once() {
        let values = ["SUCCESS", "FAILURE", "REVOKED", "FAILURE", "FAILURE", "REJECTED"];
        let label = OutcomeLabel { name: Cow::Borrowed("state"), values };
        assert_eq!(label.all(), ["SUCCESS", "FAILURE", "REVOKED", "REJECTED"]);
        assert_eq!(label.errors(), ["FAILURE", "REJECTED"]);
    }
}
