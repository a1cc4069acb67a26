use std::collections::BTreeSet;

use crate::catalogue::Catalogue;
use crate::rules::refused::{GenerateError, GenerateErrorKind};

/// Refuses former names that would read the series of another metric.
pub(crate) fn check_former_names(catalogue: &Catalogue) -> Result<(), GenerateError> {
    let mut taken: BTreeSet<&str> = catalogue.metrics.iter().map(|metric| metric.name.as_str()).collect();
    for metric in &catalogue.metrics {
        if let Some(former) = metric.former_names.iter().find(|former| !taken.insert(former.as_str())) {
            let kind = GenerateErrorKind::FormerName(former.clone());
            return Err(GenerateError { what: "metric", name: metric.name.clone(), kind });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use radiosonde_metrics::Registry;

    use super::*;

    #[test]
    fn a_former_name_that_another_metric_has_or_had_is_refused() {
        let registry = Registry::new();
        let counter = |name: &'static str, former: &'static [&'static str]| {
            registry.counter(name, "Events.").renamed_from(former).build().unwrap();
            check_former_names(&Catalogue::of(&registry)).map_err(|error| error.to_string())
        };
        assert_eq!(counter("a_total", &["old_total", "older_total"]), Ok(()));
        let message = |metric: &str, former: &str| {
            let expected = "expected a name that no other metric has or had";
            Err(format!("no rule for metric {metric:?}: its former name {former:?} is taken; {expected}"))
        };
        assert_eq!(counter("b_total", &["a_total"]), message("b_total", "a_total"));
        let registry = Registry::new();
        for name in ["a_total", "b_total"] {
            registry.counter(name, "Events.").renamed_from(&["old_total"]).build().unwrap();
        }
        let refused = check_former_names(&Catalogue::of(&registry)).map_err(|error| error.to_string());
        assert_eq!(refused, message("b_total", "old_total"));
    }
}
