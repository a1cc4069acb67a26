use std::fmt;
use std::sync::Arc;

use radiosonde_metrics::Instrument;
use radiosonde_metrics::collect::{Collection, UnregisteredFamily};
use radiosonde_metrics::model::Kind;

use crate::compat::error::{Error, Result};
use crate::compat::options::{Describe, Described};

/// The most series of a vector.
const MAX_SERIES: usize = 10_000;

/// The state of a metric, alone or in its vector. Public to sealed traits only.
pub struct Core<I: Instrument> {
    described: Described,
    family: UnregisteredFamily<I>,
}

impl<I: Instrument> Core<I> {
    #[track_caller]
    pub(super) fn new(options: impl Describe) -> Result<Arc<Self>> {
        let described = options.described(I::KIND)?;
        let labels: Vec<_> = described.label_names.iter().map(String::as_str).collect();
        let constant: Vec<_> =
            described.const_labels.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let family = UnregisteredFamily::<I>::builder(&described.name, &described.help)
            .labels(&labels)
            .constant_labels(&constant)
            .buckets(described.buckets.clone())
            .max_series(MAX_SERIES)
            .build();
        Ok(Arc::new(Self { described, family }))
    }

    /// A metric without labels of its own.
    #[track_caller]
    pub(super) fn alone(options: impl Describe) -> Result<(Arc<Self>, I)> {
        let core = Self::new(options)?;
        let instrument = core.get::<&str>(&[])?;
        Ok((core, instrument))
    }

    pub(super) fn label_names(&self) -> &[String] {
        &self.described.label_names
    }

    pub(super) fn get<V: AsRef<str>>(&self, values: &[V]) -> Result<I> {
        self.check_count(values.len())?;
        Ok(self.family.with(values))
    }

    /// Returns an instrument that is not exposed, and counts a refusal.
    #[cold]
    pub(super) fn refuse(&self) -> I {
        let too_many = vec![""; self.label_names().len() + 1];
        self.family.with(&too_many)
    }

    pub(super) fn remove<V: AsRef<str>>(&self, values: &[V]) -> Result<()> {
        self.check_count(values.len())?;
        if self.family.remove(values) {
            return Ok(());
        }
        let values: Vec<_> = values.iter().map(AsRef::as_ref).collect();
        Err(Error::Msg(format!("metric {:?} has no series with the values {values:?}", self.described.name)))
    }

    fn check_count(&self, got: usize) -> Result<()> {
        let expect = self.label_names().len();
        if expect == got { Ok(()) } else { Err(Error::InconsistentCardinality { expect, got }) }
    }

    pub(super) fn clear(&self) {
        self.family.clear();
    }
}

/// What a registry needs of a metric, whatever its instruments. Public to a sealed trait only.
pub trait AnyCore: Send + Sync {
    fn described(&self) -> &Described;

    fn kind(&self) -> Kind;

    fn collect(&self, prefix: &str, labels: &[(String, String)], out: &mut Collection);
}

impl<I: Instrument> AnyCore for Core<I> {
    fn described(&self) -> &Described {
        &self.described
    }

    fn kind(&self) -> Kind {
        I::KIND
    }

    fn collect(&self, prefix: &str, labels: &[(String, String)], out: &mut Collection) {
        self.family.show(&format!("{prefix}{}", self.described.name), labels, out);
    }
}

impl<I: Instrument> fmt::Debug for Core<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Core").field("described", &self.described).finish_non_exhaustive()
    }
}
