//! What a family's data have in common: its series are made from its [`Shared`].

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::SystemTime;

use radiosonde_core::diagnostics;

use crate::instruments::instrument::Instrument;
use crate::instruments::shared::Shared;
use crate::model::label_value_limit::OVERFLOW;
use crate::model::sample_names::Named;
use crate::model::visitor::FamilyInfo;
use crate::storage::series::Series;
use crate::storage::values::Values;

impl Shared {
    pub(crate) fn info(&self) -> FamilyInfo<'_> {
        let (unit, unknown_in_open_metrics) = (self.unit.as_deref(), false);
        FamilyInfo { name: &self.name, help: &self.help, kind: self.kind, unit, unknown_in_open_metrics }
    }

    pub(crate) fn named(&self) -> Named<'_> {
        Named { name: &self.name, kind: self.kind }
    }

    /// Whether there are as many values as names.
    pub(crate) fn fits(&self, values: &impl Values) -> bool {
        let mut count = 0;
        values.each(|_| count += 1);
        count == self.label_names.len()
    }

    /// A new series with these values.
    pub(crate) fn series<M: Instrument>(
        self: &Arc<Self>,
        values: &impl Values,
        now: SystemTime,
    ) -> Arc<Series<M::Cell>> {
        let mut texts = Vec::new();
        values.each(|value| texts.push(value.to_owned()));
        let labels = self.label_set(texts.iter().map(String::as_str));
        Series::new(M::cell(self), labels, values.to_key(), now)
    }

    /// The set that takes what there is no room for.
    pub(crate) fn overflow(&self) -> Overflow {
        Overflow { labels: self.label_names.len() }
    }

    /// Counts a look-up for which there was no room, and reports the first.
    pub(crate) fn count_dropped(&self) {
        let Self { name, max_series, series_dropped, .. } = self;
        // Relaxed: a total, ordered against nothing.
        if series_dropped.fetch_add(1, Ordering::Relaxed) == 0 {
            diagnostics::report(
                "metrics",
                "series limit",
                format_args!(
                    "family {name:?} has {max_series} series, its limit; further label sets share one with the value {OVERFLOW:?}"
                ),
            );
        }
    }
}

/// The set that stands for all that came too late. It may be asked for by name as well, and is the same series then.
pub(crate) struct Overflow {
    labels: usize,
}

impl Values for Overflow {
    fn each(&self, mut see: impl FnMut(&str)) {
        (0..self.labels).for_each(|_| see(OVERFLOW));
    }
}
