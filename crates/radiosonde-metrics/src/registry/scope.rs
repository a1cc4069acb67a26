use std::borrow::Cow;

use crate::families::register_error::{RegisterError, RegisterErrorKind};
use crate::instruments::shared::Shared;
use crate::model::label_set::LabelSet;

/// What the metrics of a registry have in common.
#[derive(Debug, Default)]
pub(crate) struct Scope {
    /// The namespace and an underscore, or nothing.
    pub(crate) prefix: Box<str>,
    pub(crate) labels: Box<[(Box<str>, Box<str>)]>,
    /// The labels, as a set.
    pub(crate) rendered: LabelSet,
}

impl Scope {
    /// The name with the namespace; that of a metric of ours as it is, so that it is the same everywhere.
    pub(crate) fn name<'a>(&self, name: &'a str) -> Cow<'a, str> {
        if self.prefix.is_empty() || name.starts_with("radiosonde_") {
            name.into()
        } else {
            format!("{}{name}", self.prefix).into()
        }
    }

    /// The metric as it is in the registry.
    pub(crate) fn apply(&self, mut shared: Shared) -> Result<Shared, RegisterError> {
        if !self.prefix.is_empty() {
            shared.name = self.name(&shared.name).into();
        }
        let constant = shared.constant.iter().map(|(label, _)| label);
        let own = shared.label_names.iter().chain(constant);
        let taken = own.filter_map(|own| self.labels.iter().find(|(label, _)| label == own)).next();
        if let Some((label, value)) = taken {
            let kind = RegisterErrorKind::ConstantLabel { label: label.clone(), value: value.clone() };
            return Err(RegisterError::new(&shared.name, shared.site, kind));
        }
        if !self.labels.is_empty() {
            shared.constant = shared.constant.iter().chain(&self.labels).cloned().collect();
        }
        Ok(shared)
    }
}
