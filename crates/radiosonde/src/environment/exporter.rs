//! The variables that name a signal's exporters.

use crate::environment::variables::Variables;
use crate::error::InvalidVariable;

/// A signal's exporters by the specification: a comma-separated list.
pub(crate) struct Exporter {
    pub(crate) variable: &'static str,
    /// Those that are supported; [`Asked::Supported`] is about the first.
    pub(crate) supported: &'static [&'static str],
    /// Those that the specification knows as well.
    pub(crate) others: &'static [&'static str],
    /// What happens where a supported one is named as well.
    pub(crate) beside: &'static str,
    /// What happens where none is.
    pub(crate) instead: &'static str,
}

/// What the variable asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    /// It is not set.
    Nothing,
    Supported,
    /// Others than the first that is supported.
    Other,
    None,
}

impl Exporter {
    pub(crate) fn read(&self, variables: &Variables<'_>) -> Result<Asked, InvalidVariable> {
        let Some((text, words)) = variables.words(self.variable)? else { return Ok(Asked::Nothing) };
        let error =
            || InvalidVariable::new(self.variable, &text, &format!("{}, none", self.supported.join(", ")));
        let has = |name: &str| words.iter().any(|word| word == name);
        let is_known =
            |word: &str| word == "none" || self.supported.contains(&word) || self.others.contains(&word);
        let is_none = words.iter().all(|word| word == "none");
        if !words.iter().all(|word| is_known(word)) || has("none") && !is_none {
            return Err(error());
        }
        if self.others.iter().any(|other| has(other)) {
            let is_beside = self.supported.iter().any(|supported| has(supported));
            let happens = if is_beside { self.beside } else { self.instead };
            variables.unsupported(error(), happens);
        }
        Ok(match () {
            () if is_none => Asked::None,
            () if self.supported.first().is_some_and(|first| has(first)) => Asked::Supported,
            () => Asked::Other,
        })
    }
}
