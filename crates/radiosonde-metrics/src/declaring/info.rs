use std::any::Any;
use std::fmt;
use std::panic::Location;
use std::sync::{Arc, PoisonError, RwLock};

use crate::families::any_family::{AnyFamily, downcast};
use crate::families::declaration::Declaration;
use crate::families::register_error::{RegisterError, RegisterErrorKind};
use crate::instruments::refusal::Refusal;
use crate::instruments::shared::Shared;
use crate::model::kind::Kind;
use crate::model::label_set::LabelSet;
use crate::model::label_value_limit::{bounded, is_long};
use crate::model::samples::Number;
use crate::model::visitor::Visitor;
use crate::registry::Registry;

/// Labels that seldom change: a version, a configuration's digest, the current leader. The value is always 1.
///
/// Join it to other metrics by PromQL's `* on (…) group_left (…)`. What changes often, or has a value, is another kind of metric.
///
/// # Shape
/// One series. The name ends in `_info`, which OpenMetrics leaves away from the family's name; in text 0.0.4 it is a gauge.
/// Cloning copies a pointer.
///
/// # Cost
/// About 400 bytes. [`set`](Self::set) takes a lock and renders the labels; a scrape takes the lock for a moment.
///
/// # Source
/// OpenMetrics 1.0, "Info": <https://prometheus.io/docs/specs/om/open_metrics_spec/#info>
///
/// ```
/// use radiosonde_metrics::Registry;
/// use radiosonde_metrics::exposition::Format;
///
/// let registry = Registry::new();
/// let rules = registry.info("pricing_rules_info", "The rules in force.", &[("revision", "41"), ("by", "ann")])?;
/// assert!(registry.text().contains("pricing_rules_info{by=\"ann\",revision=\"41\"} 1\n"));
/// rules.set(&["42", "bob"]);
/// let text = registry.encode(Format::OpenMetrics);
/// assert!(text.contains("# TYPE pricing_rules info\n"));
/// assert!(text.contains("pricing_rules_info{by=\"bob\",revision=\"42\"} 1\n"));
/// # Ok::<(), radiosonde_metrics::RegisterError>(())
/// ```
#[derive(Clone)]
pub struct Info(Arc<InfoFamily>);

struct InfoFamily {
    shared: Arc<Shared>,
    labels: RwLock<LabelSet>,
}

impl Info {
    /// Replaces the values, in the order in which the labels were declared; the series with the values before is gone.
    ///
    /// With another number of values nothing changes, and that is counted in
    /// `radiosonde_metrics_refused_total{family,reason="label_count"}`. In place of a value of more than 1024 bytes stands `_overflow`, which is
    /// counted by the reason `label_length`.
    pub fn set(&self, values: &[&str]) {
        let InfoFamily { shared, labels } = &*self.0;
        if values.len() != shared.label_names.len() {
            shared.refused.count(Refusal::LabelCount);
            return;
        }
        if values.iter().any(|value| is_long(value)) {
            shared.refused.count(Refusal::LabelLength);
        }
        let new = shared.label_set(values.iter().map(|value| bounded(value)));
        *labels.write().unwrap_or_else(PoisonError::into_inner) = new;
    }
}

impl Registry {
    /// Declares an [`Info`]; the name ends in `_info`.
    ///
    /// Declared again with the same labels it is the one that is there, and keeps the values that it has.
    ///
    /// # Errors
    /// [`RegisterError`] if the name, the help or a label is refused, or the name is taken by another metric.
    #[track_caller]
    pub fn info(&self, name: &str, help: &str, labels: &[(&str, &str)]) -> Result<Info, RegisterError> {
        let site = Location::caller();
        if name.strip_suffix("_info").is_none_or(str::is_empty) {
            return Err(RegisterError::new(name, site, RegisterErrorKind::NoInfo));
        }
        if let Some((label, value)) = labels.iter().find(|(_, value)| is_long(value)) {
            let (label, bytes) = ((*label).into(), value.len());
            return Err(RegisterError::new(name, site, RegisterErrorKind::LongValue { label, bytes }));
        }
        let (names, values): (Vec<_>, Vec<_>) = labels.iter().copied().unzip();
        let shared = Declaration::new(name, help, site).into_shared(Kind::Info, &names)?;
        let family = self.register(shared, "Info", |shared| {
            let labels = RwLock::new(shared.label_set(values.iter().copied()));
            Arc::new(InfoFamily { shared: Arc::new(shared), labels })
        })?;
        downcast(family, "Info", name, site).map(Info)
    }
}

impl AnyFamily for InfoFamily {
    fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    fn instrument(&self) -> &'static str {
        "Info"
    }

    fn visit(&self, out: &mut dyn Visitor) {
        // Not shown under the lock: the visitor may set it.
        let labels = self.labels.read().unwrap_or_else(PoisonError::into_inner).clone();
        out.number(&labels, &Number::Unsigned(1).into());
    }

    fn series(&self) -> usize {
        1
    }

    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }
}

impl fmt::Debug for Info {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Info").field("name", &self.0.shared.name).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_number_of_values_changes_nothing_and_is_counted() {
        let registry = Registry::new();
        let info = registry.info("a_info", "A.", &[("x", "1")]).unwrap();
        info.set(&["2", "3"]);
        let text = registry.text();
        assert!(text.contains("# TYPE a_info gauge\na_info{x=\"1\"} 1\n"), "{text}");
        assert!(text.contains("{family=\"a_info\",reason=\"label_count\"} 1\n"), "{text}");
    }

    #[test]
    fn the_same_declaration_gives_the_same_info_and_another_is_refused() {
        let registry = Registry::new();
        let declare = |labels| registry.info("a_info", "A.", labels);
        declare(&[("x", "1")]).unwrap();
        declare(&[("x", "2")]).unwrap();
        assert!(registry.text().contains("a_info{x=\"1\"} 1\n"));
        declare(&[("x", "2")]).unwrap().set(&["3"]);
        assert!(registry.text().contains("a_info{x=\"3\"} 1\n"));
        assert!(declare(&[("y", "1")]).unwrap_err().to_string().contains("the labels"));
        for name in ["a", "_info"] {
            let error = registry.info(name, "A.", &[]).unwrap_err();
            assert_eq!(error.kind(), &RegisterErrorKind::NoInfo);
        }
        // Its family is called `a` in OpenMetrics.
        assert!(registry.gauge("a", "A.").build().is_err());
    }
}
