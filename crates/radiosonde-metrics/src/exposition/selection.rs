use std::collections::BTreeSet;

use crate::model::kind::Kind;
use crate::model::sample_names::Named;

/// Which families a scrape shows: all of them, or those of some names.
///
/// A name selects the family that is called so, and the family that has samples called so: `wait_seconds`,
/// `wait_seconds_bucket` and `wait_seconds_count` all select the histogram `wait_seconds`, whole. What no family has selects nothing.
///
/// ```
/// use radiosonde_metrics::Registry;
/// use radiosonde_metrics::exposition::{Format, Selection};
///
/// let registry = Registry::new();
/// registry.counter("orders_total", "Orders.").build()?;
/// registry.histogram("wait_seconds", "Waits.").build()?;
/// registry.gauge("size", "Size.").build()?;
///
/// let mut text = Vec::new();
/// registry.encode_into(&mut text, Format::Text, &Selection::of(["size", "wait_seconds_count"]));
/// let text = String::from_utf8(text)?;
/// assert!(text.contains("size 0\n") && text.contains("wait_seconds_bucket{le=\"1\"} 0\n"));
/// assert!(!text.contains("orders"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Selection(Option<BTreeSet<Box<str>>>);

impl Selection {
    /// Every family.
    #[must_use]
    pub const fn all() -> Self {
        Self(None)
    }

    /// The families of these names; without any name, none.
    #[must_use]
    pub fn of(names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self(Some(names.into_iter().map(|name| name.into().into()).collect()))
    }

    /// Whether it is that of every family.
    #[must_use]
    pub const fn is_all(&self) -> bool {
        self.0.is_none()
    }

    /// Whether a family of this name and kind is selected.
    pub(crate) fn has(&self, name: &str, kind: Kind) -> bool {
        let Some(names) = &self.0 else { return true };
        names.contains(name) || Named { name, kind }.reserved().any(|sample| names.contains(sample.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_selects_the_family_that_has_its_samples_and_no_other() {
        let selects = |name: &str, family: &str, kind| Selection::of([name]).has(family, kind);
        for name in ["a_total", "a", "a_created"] {
            assert!(selects(name, "a_total", Kind::Counter), "{name}");
        }
        for name in ["b", "b_bucket", "b_sum"] {
            assert!(selects(name, "b", Kind::Histogram), "{name}");
        }
        assert!(!selects("b_bucket", "b", Kind::Gauge));
        assert!(!selects("b_buck", "b", Kind::Histogram));
        assert!(!Selection::of([""; 0]).has("b", Kind::Gauge));
        assert!(Selection::all().has("b", Kind::Gauge));
    }
}
