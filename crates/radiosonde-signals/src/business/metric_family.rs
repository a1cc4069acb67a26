use std::fmt;
use std::sync::Arc;

use radiosonde_metrics::{Family, Instrument, Labels, MetricRef};

use crate::golden::GoldenSignals;

/// A number of the business by labels, from [`BusinessMetricBuilder::family`](crate::BusinessMetricBuilder::family).
///
/// # Shape
/// Labels that are enums or truth values only have all their series from the start, at zero. Limits and costs are those of
/// [`Family`].
///
/// ```
/// use radiosonde_metrics::{LabelValue, Labels, Registry};
/// use radiosonde_signals::BusinessMetric;
///
/// #[derive(LabelValue)]
/// enum Severity { Info, Critical }
///
/// #[derive(Labels)]
/// struct Alert<'a> { severity: Severity, alert_type: &'a str }
///
/// let registry = Registry::new();
/// let alerts = BusinessMetric::counter("alerts_total", "Alerts raised.").namespace("valtronics").registry(&registry);
/// let alerts = alerts.family::<Alert<'_>>()?;
/// alerts.with(&Alert { severity: Severity::Critical, alert_type: "temperature" }).inc();
/// # alerts.with(&Alert { severity: Severity::Info, alert_type: "battery" }).inc();
/// let expected = "valtronics_alerts_total{alert_type=\"temperature\",severity=\"critical\"} 1\n";
/// assert!(registry.text().contains(expected));
/// # Ok::<(), radiosonde_metrics::RegisterError>(())
/// ```
pub struct BusinessMetricFamily<M: Instrument, L> {
    pub(crate) family: Family<M, L>,
    pub(crate) golden: Arc<GoldenSignals>,
}

impl<M: Instrument, L: Labels> BusinessMetricFamily<M, L> {
    /// The instrument for these labels, to be used on the spot.
    #[inline]
    #[must_use]
    pub fn with(&self, labels: &L) -> MetricRef<'_, M> {
        self.family.with(labels)
    }

    /// The instrument for these labels, to be kept.
    #[must_use]
    pub fn handle(&self, labels: &L) -> M {
        self.family.handle(labels)
    }

    /// Where the golden signals are.
    #[must_use]
    pub fn signals(&self) -> &GoldenSignals {
        &self.golden
    }
}

impl<M: Instrument, L> Clone for BusinessMetricFamily<M, L> {
    fn clone(&self) -> Self {
        Self { family: self.family.clone(), golden: Arc::clone(&self.golden) }
    }
}

impl<M: Instrument, L> fmt::Debug for BusinessMetricFamily<M, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BusinessMetricFamily").field("family", &self.family).finish_non_exhaustive()
    }
}
