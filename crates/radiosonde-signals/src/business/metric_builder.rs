use std::fmt;
use std::sync::Arc;

use radiosonde_metrics::error::RegisterErrorKind;
use radiosonde_metrics::model::Kind;
use radiosonde_metrics::{Buckets, Counter, Instrument, Labels, MetricBuilder, RegisterError, Registry};

use crate::business::metric::BusinessMetric;
use crate::business::metric_family::BusinessMetricFamily;
use crate::golden::{GoldenSignals, Series};
use crate::operations::set_options::{SetOptions, set_options};

/// Begins the declaration of an instrument.
type Declare<M> = for<'a> fn(&'a Registry, &'a str, &'a str) -> MetricBuilder<'a, M>;

/// Builder of a [`BusinessMetric`].
#[must_use = "a builder declares nothing until `build` or `family`"]
pub struct BusinessMetricBuilder<'b, M> {
    name: &'b str,
    help: &'b str,
    declare: Declare<M>,
    unit: Option<&'b str>,
    is_unconventional: bool,
    /// A label, and its values that mean a failure.
    failures: Option<(&'b str, &'b [&'b str])>,
    options: SetOptions,
}

set_options!(BusinessMetricBuilder<'b, M> without clock);

impl<'b, M: Instrument> BusinessMetricBuilder<'b, M> {
    pub(crate) fn new(name: &'b str, help: &'b str, declare: Declare<M>) -> Self {
        let options = SetOptions::new(Buckets::NONE);
        Self { name, help, declare, unit: None, is_unconventional: false, failures: None, options }
    }

    /// States the unit, such as `euros`; the name must end in it, before `_total`.
    pub fn unit(self, unit: &'b str) -> Self {
        Self { unit: Some(unit), ..self }
    }

    /// Accepts a counter without `_total` or a gauge with it; see [`MetricBuilder::unconventional_name`].
    pub fn unconventional_name(self) -> Self {
        Self { is_unconventional: true, ..self }
    }

    /// Declares the metric, without labels.
    ///
    /// # Errors
    /// [`RegisterError`] if the name is refused or the registry has another metric with it, and if a label has failures.
    #[track_caller]
    pub fn build(self) -> Result<BusinessMetric<M>, RegisterError> {
        self.check_failures(&[], &[])?;
        let instrument = self.declared(|metric| metric.build())?;
        Ok(BusinessMetric { instrument, golden: self.golden() })
    }

    /// Declares the metric with the labels of the type `L`.
    ///
    /// # Errors
    /// [`RegisterError`] if the name or a label is refused or the registry has another metric with the name, and if no label can have the
    /// values of [`failures`](BusinessMetricBuilder::failures).
    #[track_caller]
    pub fn family<L: Labels>(self) -> Result<BusinessMetricFamily<M, L>, RegisterError> {
        self.check_failures(&L::names(), &L::possible_values())?;
        let family = self.declared(|metric| metric.family::<L>())?;
        // Labels whose values are not known from their types begin without series.
        let _ = family.initialise();
        Ok(BusinessMetricFamily { family, golden: self.golden() })
    }

    /// Refuses failures that could never be counted: their share would be 0 for ever. `possible` are the values of each label, or none
    /// if they are not known.
    #[track_caller]
    fn check_failures(&self, labels: &[&str], possible: &[Vec<String>]) -> Result<(), RegisterError> {
        let Some((label, failures)) = self.failures else { return Ok(()) };
        let kind = match labels.iter().position(|name| *name == label) {
            None => RegisterErrorKind::NoLabel { label: label.into() },
            Some(at) => {
                let possible = possible.get(at).map_or(&[][..], Vec::as_slice);
                let is_possible =
                    |failure: &str| possible.is_empty() || possible.iter().any(|value| value == failure);
                let Some(value) = failures.iter().find(|failure| !is_possible(failure)) else {
                    return Ok(());
                };
                RegisterErrorKind::NoLabelValue { label: label.into(), value: (*value).into() }
            }
        };
        Err(RegisterError::refused(&self.options.name(self.name), kind))
    }

    fn declared<T>(
        &self,
        end: impl for<'a> FnOnce(MetricBuilder<'a, M>) -> Result<T, RegisterError>,
    ) -> Result<T, RegisterError> {
        let name = self.options.name(self.name);
        let builder = (self.declare)(self.options.registry(), &name, self.help);
        let builder = if self.is_unconventional { builder.unconventional_name() } else { builder };
        end(match self.unit {
            Some(unit) => builder.unit(unit),
            None => builder,
        })
    }

    fn golden(&self) -> Arc<GoldenSignals> {
        let (registry, name) = (self.options.registry(), self.options.name(self.name));
        let traffic = (M::KIND == Kind::Counter).then(|| Series::of(registry, &name, M::KIND));
        let failed = |traffic: &Series| {
            let (label, values) = self.failures?;
            Some(traffic.clone().with_any(label, values.iter().copied()))
        };
        let errors = traffic.as_ref().and_then(failed);
        let has_traffic = traffic.is_some();
        let golden = GoldenSignals::new("business", name).with_traffic(traffic).with_errors(errors);
        if has_traffic {
            golden.declare(registry);
        }
        Arc::new(golden)
    }
}

impl<'b> BusinessMetricBuilder<'b, Counter> {
    /// States which values of a label mean that something failed: they are the errors among the traffic. The metric needs the label,
    /// and a label whose type lists its values needs these among them.
    pub fn failures(self, label: &'b str, values: &'b [&'b str]) -> Self {
        Self { failures: Some((label, values)), ..self }
    }
}

impl<M> fmt::Debug for BusinessMetricBuilder<'_, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BusinessMetricBuilder").field("name", &self.name).finish_non_exhaustive()
    }
}
