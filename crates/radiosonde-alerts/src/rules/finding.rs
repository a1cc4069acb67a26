use std::collections::BTreeMap;

/// One thing that a function of a [`Condition`](crate::Condition) found to be wrong.
///
/// # Shape
/// A value, labels that tell it from others of the rule, and annotations. Labels and annotations are added to those of the rule, and win over
/// them. Texts beyond an [`AlertLimit`](crate::AlertLimit) are cut; a finding with too many of them is refused.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    pub(crate) value: f64,
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) annotations: BTreeMap<String, String>,
}

impl Finding {
    /// A finding with this value. One that is not a number is no data: the alert with these labels stays as it is.
    #[must_use]
    pub const fn new(value: f64) -> Self {
        Self { value, labels: BTreeMap::new(), annotations: BTreeMap::new() }
    }

    /// Adds a label.
    #[must_use]
    pub fn label(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.labels.insert(name.into(), value.into());
        self
    }

    /// Adds an annotation.
    #[must_use]
    pub fn annotation(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.annotations.insert(name.into(), value.into());
        self
    }
}
