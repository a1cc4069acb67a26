use std::sync::{Arc, PoisonError};

use radiosonde_metrics::collect::{Collection, Collector};
use radiosonde_metrics::model::{Kind, LabelSet, Number};

use crate::store::{Fault, Store};

/// Collects the recorded metrics.
pub(crate) struct Exposed(pub(crate) Arc<Store>);

impl Collector for Exposed {
    fn collect(&self, out: &mut Collection) {
        {
            let families = self.0.families.read().unwrap_or_else(PoisonError::into_inner);
            for (name, family) in &families.by_name {
                let description = families.described.get(name).cloned().unwrap_or_default();
                let help = if description.help.is_empty() { "Not described." } else { &description.help };
                let into = out.family(name, help, family.kind);
                if let Some(unit) = description.unit {
                    into.unit(unit);
                }
                let mut series: Vec<_> = family.series.iter().collect();
                series.sort_unstable_by_key(|(labels, _)| *labels);
                series.into_iter().for_each(|(labels, handle)| handle.show(labels, out));
                // Its series are shown above; this adds the observations they refused.
                if let Some(histograms) = &family.histograms {
                    histograms.show(name, &[], out);
                }
                out.series_dropped(name, family.dropped);
            }
        }
        let faults = out.family(
            "radiosonde_metrics_facade_faults_total",
            "Records of the `metrics` facade that were rejected or altered, by reason.",
            Kind::Counter,
        );
        for (fault, reason) in Fault::ALL {
            faults.number(LabelSet::new([("reason", reason)]), Number::Unsigned(self.0.faults(fault)));
        }
    }
}
