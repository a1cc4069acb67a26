use std::fmt;
use std::sync::Arc;

use crate::families::family_data::FamilyData;
use crate::families::metric_ref::MetricRef;
use crate::instruments::instrument::Instrument;
use crate::storage::values::Texts;

/// Instruments of one name, by labels whose names are known at run time.
///
/// Limits and costs are those of [`Family`](crate::Family).
pub struct DynFamily<M: Instrument> {
    data: Arc<FamilyData<M>>,
}

impl<M: Instrument> DynFamily<M> {
    pub(crate) const fn new(data: Arc<FamilyData<M>>) -> Self {
        Self { data }
    }

    /// The instrument for these label values, in the order in which the names were declared; to be used on the spot.
    ///
    /// With another number of values than there are names, the instrument is one that is not exposed, and the look-up is
    /// counted in `radiosonde_metrics_refused_total{family,reason="label_count"}`.
    #[must_use]
    pub fn with(&self, values: &[&str]) -> MetricRef<'_, M> {
        MetricRef::new(self.data.find(&Texts(values)))
    }

    /// The instrument for these label values, to be kept.
    #[must_use]
    pub fn handle(&self, values: &[&str]) -> M {
        self.with(values).clone()
    }
}

impl<M: Instrument> Clone for DynFamily<M> {
    fn clone(&self) -> Self {
        Self { data: Arc::clone(&self.data) }
    }
}

impl<M: Instrument> fmt::Debug for DynFamily<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DynFamily").field("name", &self.data.shared.name).finish_non_exhaustive()
    }
}
