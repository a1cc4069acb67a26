use std::collections::HashMap;

use crate::compat::buckets;
use crate::compat::buckets::DEFAULT_BUCKETS;
use crate::compat::error::{Error, Result};
use radiosonde_metrics::Buckets;
use radiosonde_metrics::model::{Kind, MAX_VALUE_BYTES, check_label_name, check_metric_name};

/// The name, help text and labels of a metric.
#[must_use]
#[derive(Debug, Clone)]
pub struct Opts {
    /// The first part of the name, if not empty.
    pub namespace: String,
    /// The second part of the name, if not empty.
    pub subsystem: String,
    /// The last part of the name; the parts are joined by `_`.
    pub name: String,
    /// The help text; must not be empty.
    pub help: String,
    /// Labels that every series has.
    pub const_labels: HashMap<String, String>,
    /// The labels of a vector.
    pub variable_labels: Vec<String>,
}

impl Opts {
    /// Options with a name and a help text.
    pub fn new<S1: Into<String>, S2: Into<String>>(name: S1, help: S2) -> Self {
        Self {
            namespace: String::new(),
            subsystem: String::new(),
            name: name.into(),
            help: help.into(),
            const_labels: HashMap::new(),
            variable_labels: Vec::new(),
        }
    }

    /// Sets the first part of the name.
    pub fn namespace<S: Into<String>>(mut self, namespace: S) -> Self {
        self.namespace = namespace.into();
        self
    }

    /// Sets the second part of the name.
    pub fn subsystem<S: Into<String>>(mut self, subsystem: S) -> Self {
        self.subsystem = subsystem.into();
        self
    }

    /// Sets labels for every series.
    pub fn const_labels(mut self, const_labels: HashMap<String, String>) -> Self {
        self.const_labels = const_labels;
        self
    }

    /// Adds a label to every series.
    pub fn const_label<S1: Into<String>, S2: Into<String>>(mut self, name: S1, value: S2) -> Self {
        self.const_labels.insert(name.into(), value.into());
        self
    }

    /// Sets the labels of a vector.
    pub fn variable_labels(mut self, variable_labels: Vec<String>) -> Self {
        self.variable_labels = variable_labels;
        self
    }

    /// Adds a label of a vector.
    pub fn variable_label<S: Into<String>>(mut self, name: S) -> Self {
        self.variable_labels.push(name.into());
        self
    }

    /// The full name.
    #[must_use]
    pub fn fq_name(&self) -> String {
        if self.name.is_empty() {
            return String::new();
        }
        let parts = [&*self.namespace, &*self.subsystem, &*self.name];
        let parts: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        parts.join("_")
    }

    /// For `opts!`.
    #[doc(hidden)]
    pub fn __labelled<K: Into<String>, V: Into<String>>(
        mut self,
        labels: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        self.const_labels.extend(labels.into_iter().map(|(name, value)| (name.into(), value.into())));
        self
    }
}

/// The name, help text, labels and bounds of a histogram.
#[must_use]
#[derive(Debug, Clone)]
pub struct HistogramOpts {
    /// The options shared with other metrics.
    pub common_opts: Opts,
    /// The upper bounds, ascending.
    pub buckets: Vec<f64>,
}

impl HistogramOpts {
    /// Options with a name, a help text and [`DEFAULT_BUCKETS`].
    pub fn new<S1: Into<String>, S2: Into<String>>(name: S1, help: S2) -> Self {
        Opts::new(name, help).into()
    }

    /// Sets the first part of the name.
    pub fn namespace<S: Into<String>>(self, namespace: S) -> Self {
        Self { common_opts: self.common_opts.namespace(namespace), ..self }
    }

    /// Sets the second part of the name.
    pub fn subsystem<S: Into<String>>(self, subsystem: S) -> Self {
        Self { common_opts: self.common_opts.subsystem(subsystem), ..self }
    }

    /// Sets labels for every series.
    pub fn const_labels(self, const_labels: HashMap<String, String>) -> Self {
        Self { common_opts: self.common_opts.const_labels(const_labels), ..self }
    }

    /// Adds a label to every series.
    pub fn const_label<S1: Into<String>, S2: Into<String>>(self, name: S1, value: S2) -> Self {
        Self { common_opts: self.common_opts.const_label(name, value), ..self }
    }

    /// Sets the labels of a vector.
    pub fn variable_labels(self, variable_labels: Vec<String>) -> Self {
        Self { common_opts: self.common_opts.variable_labels(variable_labels), ..self }
    }

    /// Adds a label of a vector.
    pub fn variable_label<S: Into<String>>(self, name: S) -> Self {
        Self { common_opts: self.common_opts.variable_label(name), ..self }
    }

    /// Sets the bounds.
    pub fn buckets(self, buckets: Vec<f64>) -> Self {
        Self { buckets, ..self }
    }

    /// The full name.
    #[must_use]
    pub fn fq_name(&self) -> String {
        self.common_opts.fq_name()
    }
}

impl From<Opts> for HistogramOpts {
    fn from(common_opts: Opts) -> Self {
        Self { common_opts, buckets: DEFAULT_BUCKETS.to_vec() }
    }
}

/// Validated options.
#[derive(Debug)]
pub struct Described {
    pub(super) name: String,
    pub(super) help: String,
    /// Sorted by name.
    pub(super) const_labels: Vec<(String, String)>,
    pub(super) label_names: Vec<String>,
    pub(super) buckets: Buckets,
}

/// Options of a metric; public to a sealed trait only.
pub trait Describe {
    fn variable_labels_mut(&mut self) -> &mut Vec<String>;

    fn described(self, kind: Kind) -> Result<Described>;
}

impl Describe for Opts {
    fn variable_labels_mut(&mut self) -> &mut Vec<String> {
        &mut self.variable_labels
    }

    fn described(self, kind: Kind) -> Result<Described> {
        let name = self.fq_name();
        let refuse = |refused: radiosonde_metrics::model::InvalidName| Error::Msg(refused.to_string());
        check_metric_name(&name).map_err(refuse)?;
        if self.help.is_empty() {
            return Err(Error::Msg(format!("metric {name:?} has no help text")));
        }
        let label_names = self.variable_labels;
        for (at, label) in label_names.iter().enumerate() {
            if label_names[..at].contains(label) || self.const_labels.contains_key(label) {
                return Err(Error::Msg(format!("metric {name:?} has label {label:?} twice")));
            }
        }
        for label in label_names.iter().chain(self.const_labels.keys()) {
            check_label_name(kind, label).map_err(refuse)?;
        }
        if let Some((label, value)) =
            self.const_labels.iter().find(|(_, value)| value.len() > MAX_VALUE_BYTES)
        {
            let bytes = value.len();
            return Err(Error::Msg(format!(
                "metric {name:?} has a value of {bytes} bytes for the label {label:?}"
            )));
        }
        let mut const_labels: Vec<_> = self.const_labels.into_iter().collect();
        const_labels.sort();
        Ok(Described { name, help: self.help, const_labels, label_names, buckets: Buckets::default() })
    }
}

impl Describe for HistogramOpts {
    fn variable_labels_mut(&mut self) -> &mut Vec<String> {
        &mut self.common_opts.variable_labels
    }

    fn described(self, kind: Kind) -> Result<Described> {
        let buckets = buckets::checked(self.buckets)?;
        Ok(Described { buckets, ..self.common_opts.described(kind)? })
    }
}
