use std::collections::BTreeMap;
use std::fmt;

use radiosonde_core::Resource;

use crate::label_name::{is_label_name, is_reserved};

/// The labels that every alert gets, by what is set and by the resource, in this order of precedence. Empty values are left out.
pub(super) fn checked(
    labels: &[(String, String)],
    resource: Option<&Resource>,
) -> Result<BTreeMap<String, String>, InvalidAlertLabel> {
    let mut checked = BTreeMap::new();
    for (name, value) in labels {
        let refuse = |kind| InvalidAlertLabel { name: name.as_str().into(), kind };
        if !is_label_name(name) {
            return Err(refuse(InvalidAlertLabelKind::Name));
        }
        if is_reserved(name) {
            return Err(refuse(InvalidAlertLabelKind::Reserved));
        }
        if checked.insert(name.clone(), value.clone()).is_some() {
            return Err(refuse(InvalidAlertLabelKind::Duplicate));
        }
    }
    if let Some(resource) = resource {
        let mut add = |name: &str, value: &str| {
            checked.entry(name.to_owned()).or_insert_with(|| value.to_owned());
        };
        add("service", resource.service_name());
        resource.instance_id().into_iter().for_each(|instance| add("instance", instance));
    }
    checked.retain(|_, value| !value.is_empty());
    Ok(checked)
}

/// A label for every alert that is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidAlertLabel {
    name: Box<str>,
    kind: InvalidAlertLabelKind,
}

/// Why a label is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidAlertLabelKind {
    /// Not `[a-zA-Z_][a-zA-Z0-9_]*`, or it begins with `__`.
    Name,
    /// `alertname` or `severity`, which each alert has of its own.
    Reserved,
    /// Set twice.
    Duplicate,
}

impl InvalidAlertLabel {
    /// The label.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Why it is refused.
    #[must_use]
    pub const fn kind(&self) -> InvalidAlertLabelKind {
        self.kind
    }
}

impl fmt::Display for InvalidAlertLabel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.name;
        match self.kind {
            InvalidAlertLabelKind::Name => {
                write!(f, "invalid label {name:?}: expected [a-zA-Z_][a-zA-Z0-9_]* without a leading `__`")
            }
            InvalidAlertLabelKind::Reserved => {
                write!(f, "invalid label {name:?}: expected another name, because each alert has its own")
            }
            InvalidAlertLabelKind::Duplicate => write!(f, "label {name:?} is set twice: expected once"),
        }
    }
}

impl std::error::Error for InvalidAlertLabel {}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(labels: &[(&str, &str)]) -> Vec<(String, String)> {
        labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn labels_that_alertmanager_would_refuse_are_refused_by_name() {
        for name in ["", "a-b", "1a", "__meta", "ä", "a b"] {
            let error = checked(&given(&[(name, "x")]), None).unwrap_err();
            assert_eq!((error.name(), error.kind()), (name, InvalidAlertLabelKind::Name));
        }
        for name in ["alertname", "severity"] {
            let error = checked(&given(&[(name, "x")]), None).unwrap_err();
            assert_eq!(error.kind(), InvalidAlertLabelKind::Reserved);
        }
        let error = checked(&given(&[("a", "x"), ("a", "y")]), None).unwrap_err();
        assert_eq!(error.to_string(), "label \"a\" is set twice: expected once");
        assert!(checked(&given(&[("_a1", "x")]), None).is_ok());
    }

    #[test]
    fn a_label_wins_over_the_resource_and_an_empty_one_is_left_out() {
        let resource = Resource::builder()
            .attributes_from("service.name=orders,service.instance.id=orders-7")
            .unwrap()
            .build();
        let labels = checked(&given(&[("service", "shop"), ("cluster", "")]), Some(&resource)).unwrap();
        assert_eq!(
            labels.into_iter().collect::<Vec<_>>(),
            given(&[("instance", "orders-7"), ("service", "shop")])
        );
        let labels = checked(&[], Some(&resource)).unwrap();
        assert_eq!(labels["service"], "orders");
    }
}
