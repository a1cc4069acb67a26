use std::sync::Arc;

use crate::families::any_family::AnyFamily;
use crate::families::register_error::{RegisterError, RegisterErrorKind};
use crate::instruments::shared::Shared;

/// The family, if what is declared now is the same.
pub(crate) fn same(
    family: &Arc<dyn AnyFamily>,
    instrument: &str,
    new: &Shared,
) -> Result<Arc<dyn AnyFamily>, RegisterError> {
    let Some((what, registered, declared)) = difference(family.as_ref(), instrument, new) else {
        family.shared().label_values.add(&new.label_values);
        return Ok(Arc::clone(family));
    };
    let (registered, declared, site) = (registered.into(), declared.into(), family.shared().site);
    let kind = RegisterErrorKind::Differs { what, registered, declared, site };
    Err(RegisterError::new(&new.name, new.site, kind))
}

/// What of a registered family differs from what is declared now: what, as registered, as declared.
fn difference(
    family: &dyn AnyFamily,
    instrument: &str,
    new: &Shared,
) -> Option<(&'static str, String, String)> {
    let old = &**family.shared();
    let differs = |what, old: String, new: String| (old != new).then_some((what, old, new));
    differs("the instrument", family.instrument().to_owned(), instrument.to_owned())
        .or_else(|| differs("the help", format!("{:?}", old.help), format!("{:?}", new.help)))
        .or_else(|| differs("the unit", format!("{:?}", old.unit), format!("{:?}", new.unit)))
        .or_else(|| differs("the labels", format!("{:?}", old.label_names), format!("{:?}", new.label_names)))
        .or_else(|| {
            differs("the constant labels", format!("{:?}", old.constant), format!("{:?}", new.constant))
        })
        .or_else(|| {
            differs(
                "the buckets",
                format!("{:?}", old.buckets.bounds()),
                format!("{:?}", new.buckets.bounds()),
            )
        })
        .or_else(|| differs("the native buckets", format!("{:?}", old.native), format!("{:?}", new.native)))
        .or_else(|| differs("the quantiles", format!("{:?}", old.quantiles), format!("{:?}", new.quantiles)))
        .or_else(|| differs("the window", format!("{:?}", old.window), format!("{:?}", new.window)))
        .or_else(|| differs("the exemplars", old.exemplars.to_string(), new.exemplars.to_string()))
        .or_else(|| {
            differs("the retention of its series", old.retention.to_string(), new.retention.to_string())
        })
        .or_else(|| differs("the limit of series", old.max_series.to_string(), new.max_series.to_string()))
}

#[cfg(test)]
mod tests {
    use crate::registry::Registry;

    #[track_caller]
    fn assert_values(registry: &Registry, values: &[&str]) {
        let declared = registry.descriptors();
        assert_eq!(declared[0].label_values("state").collect::<Vec<_>>(), values);
        assert_eq!(declared[0].label_values("queue").count(), 0);
    }

    #[test]
    fn possible_values_are_those_of_all_declarations() {
        let registry = Registry::new();
        let declare = |values: &[(&str, &[&str])]| {
            let jobs = registry.counter("jobs_total", "Jobs.").possible_values(values);
            jobs.labels(&["queue", "state"]).unwrap();
        };
        declare(&[("state", &["done", "failed"])]);
        declare(&[("state", &["done", "failed"])]);
        assert_values(&registry, &["done", "failed"]);
        declare(&[("state", &["failed", "dead"])]);
        assert_values(&registry, &["done", "failed", "dead"]);
        declare(&[]);
        assert_values(&registry, &[]);
        declare(&[("state", &["done"])]);
        assert_values(&registry, &[]);
    }
}
