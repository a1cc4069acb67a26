use std::panic::Location;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use crate::families::register_error::{RegisterError, RegisterErrorKind};
use crate::instruments::buckets::Buckets;
use crate::instruments::native::policy::Limited;
use crate::instruments::native::settings::Native;
use crate::instruments::possible_values::PossibleValues;
use crate::instruments::refusal::Refused;
use crate::instruments::retention::{Retention, SeriesRemoved};
use crate::instruments::search::Search;
use crate::instruments::shared::Shared;
use crate::model::kind::Kind;
use crate::model::label_value_limit::is_long;
use crate::model::name::{check_label, check_metric_name, is_conventional};

/// Default limit of series.
const MAX_SERIES: usize = 2000;

/// Default window of a summary's quantiles.
const WINDOW: Duration = Duration::from_secs(600);

/// A metric of any instrument as it was declared, before it is checked.
#[derive(Debug, Clone)]
pub(crate) struct Declaration<'a> {
    pub(crate) name: &'a str,
    pub(crate) help: &'a str,
    pub(crate) unit: Option<&'a str>,
    pub(crate) buckets: Buckets,
    pub(crate) max_series: usize,
    pub(crate) striped: bool,
    pub(crate) exemplars: bool,
    /// Labels that every series has.
    pub(crate) constant: &'a [(&'a str, &'a str)],
    /// The names that the metric had before.
    pub(crate) former_names: &'a [&'a str],
    /// The possible values of labels, for catalogues.
    pub(crate) possible_values: &'a [(&'a str, &'a [&'a str])],
    /// The same, from a type of labels.
    pub(crate) values_of_type: Option<fn() -> Vec<Vec<String>>>,
    pub(crate) native: Option<Native>,
    pub(crate) quantiles: &'a [f64],
    pub(crate) window: Duration,
    pub(crate) retention: Retention,
    /// Whether a name that conventions forbid is accepted.
    pub(crate) unconventional: bool,
    pub(crate) site: &'static Location<'static>,
}

impl<'a> Declaration<'a> {
    pub(crate) const fn new(name: &'a str, help: &'a str, site: &'static Location<'static>) -> Self {
        Self {
            name,
            help,
            unit: None,
            buckets: Buckets::HTTP_SECONDS,
            max_series: MAX_SERIES,
            striped: false,
            exemplars: false,
            constant: &[],
            former_names: &[],
            possible_values: &[],
            values_of_type: None,
            native: None,
            quantiles: &[0.5, 0.9, 0.99],
            window: WINDOW,
            retention: Retention::Permanent,
            unconventional: false,
            site,
        }
    }

    /// What the series of a family of this kind and with these labels have in common.
    pub(crate) fn into_shared(self, kind: Kind, labels: &[&str]) -> Result<Shared, RegisterError> {
        self.check(kind, labels).map_err(|refused| RegisterError::new(self.name, self.site, refused))?;
        Ok(self.unchecked(kind, labels))
    }

    /// The name and the labels, for a metric that no registry will know.
    pub(crate) fn into_detached(self, kind: Kind, labels: &[&str]) -> Shared {
        Self::new(self.name, self.help, self.site).unchecked(kind, labels)
    }

    /// As [`into_shared`](Self::into_shared), for names that others have checked, by rules of their own.
    pub(crate) fn unchecked(self, kind: Kind, labels: &[&str]) -> Shared {
        let of_type = self.values_of_type.map(|values| values()).unwrap_or_default();
        let possible = |(at, &label): (usize, &&str)| -> Box<[Box<str>]> {
            let declared = self.possible_values.iter().find(|(name, _)| *name == label);
            match declared {
                Some((_, values)) => values.iter().map(|&value| value.into()).collect(),
                None => of_type.get(at).into_iter().flatten().map(|value| value.as_str().into()).collect(),
            }
        };
        let mut quantiles = self.quantiles.to_vec();
        quantiles.sort_unstable_by(f64::total_cmp);
        quantiles.dedup();
        Shared {
            name: self.name.into(),
            help: self.help.into(),
            kind,
            unit: self.unit.map(Into::into),
            label_names: labels.iter().map(|&name| name.into()).collect(),
            former_names: self.former_names.iter().map(|&name| name.into()).collect(),
            label_values: PossibleValues::new(labels.iter().enumerate().map(possible)),
            constant: self.constant.iter().map(|&(name, value)| (name.into(), value.into())).collect(),
            search: Search::new(&self.buckets),
            buckets: self.buckets,
            striped: self.striped,
            exemplars: self.exemplars,
            native: self.native,
            quantiles: quantiles.into(),
            window: self.window,
            limited: Limited::default(),
            // The one series of a metric without labels is no question of a limit.
            max_series: self.max_series.max(usize::from(labels.is_empty())),
            site: self.site,
            refused: Refused::default(),
            series_dropped: AtomicU64::new(0),
            retention: self.retention,
            series_removed: SeriesRemoved::default(),
        }
    }

    fn check(&self, kind: Kind, labels: &[&str]) -> Result<(), RegisterErrorKind> {
        check_metric_name(self.name).map_err(RegisterErrorKind::Name)?;
        if self.help.trim().is_empty() {
            return Err(RegisterErrorKind::NoHelp);
        }
        let base = match self.name.strip_suffix("_total") {
            _ if self.unconventional && !is_conventional(self.name, kind) => self.name,
            Some(base) if kind == Kind::Counter && !base.is_empty() => base,
            None if kind != Kind::Counter => self.name,
            _ if kind == Kind::Counter => return Err(RegisterErrorKind::NoTotal),
            _ => return Err(RegisterErrorKind::Total),
        };
        for &former in self.former_names {
            check_metric_name(former).map_err(RegisterErrorKind::Name)?;
            if former == self.name {
                return Err(RegisterErrorKind::FormerName { name: former.into() });
            }
        }
        if let Some(unit) = self.unit
            && !base.strip_suffix(unit).is_some_and(|rest| rest.ends_with('_'))
        {
            return Err(RegisterErrorKind::Unit { unit: unit.into() });
        }
        if let Some(native) = &self.native {
            native.check().map_err(RegisterErrorKind::Native)?;
        }
        if let Some(quantile) = self.quantiles.iter().find(|quantile| !(0.0..=1.0).contains(*quantile)) {
            return Err(RegisterErrorKind::Quantile { quantile: quantile.to_string().into() });
        }
        if self.window.is_zero() {
            return Err(RegisterErrorKind::NoWindow);
        }
        for (at, label) in labels.iter().enumerate() {
            check_label(label).map_err(RegisterErrorKind::Name)?;
            if labels[..at].contains(label) {
                return Err(RegisterErrorKind::DuplicateLabel { label: (*label).into() });
            }
        }
        for (at, &(label, value)) in self.constant.iter().enumerate() {
            check_label(label).map_err(RegisterErrorKind::Name)?;
            if value.is_empty() {
                return Err(RegisterErrorKind::NoValue { label: label.into() });
            }
            if is_long(value) {
                return Err(RegisterErrorKind::LongValue { label: label.into(), bytes: value.len() });
            }
            if labels.contains(&label) {
                return Err(RegisterErrorKind::ConstantLabel { label: label.into(), value: value.into() });
            }
            if self.constant[..at].iter().any(|&(other, _)| other == label) {
                return Err(RegisterErrorKind::DuplicateLabel { label: label.into() });
            }
        }
        Ok(())
    }
}
