use std::collections::BTreeMap;

use radiosonde_metrics::Descriptor;
use radiosonde_metrics::model::Kind;
use serde::{Deserialize, Serialize};

use crate::catalogue::kinds;

/// A metric of the [catalogue](crate::Catalogue).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct MetricEntry {
    /// The exposed name, with the namespace of the registry.
    pub name: String,
    /// The type.
    #[serde(with = "kinds")]
    pub kind: Kind,
    /// The help text.
    pub help: String,
    /// The unit, if one was declared.
    #[serde(default)]
    pub unit: Option<String>,
    /// The labels that tell its series apart, in the order of their declaration.
    #[serde(default)]
    pub labels: Vec<String>,
    /// The possible values of the labels of which they are known.
    #[serde(default)]
    pub label_values: BTreeMap<String, Vec<String>>,
    /// The labels that all series have.
    #[serde(default)]
    pub constant_labels: Vec<(String, String)>,
    /// The bounds of a histogram's buckets, without infinity.
    #[serde(default)]
    pub buckets: Option<Vec<f64>>,
    /// The quantiles of a summary.
    #[serde(default)]
    pub quantiles: Option<Vec<f64>>,
    /// The number of label sets that have series of their own; `None` if it is not limited.
    #[serde(default)]
    pub max_series: Option<usize>,
    /// The names that it had before, which dashboards and rules still read.
    #[serde(default)]
    pub former_names: Vec<String>,
    /// The file of its declaration, without the line, so that a catalogue does not change with every edit; `None` for metrics of a collector or
    /// of a scrape.
    #[serde(default)]
    pub declared_in: Option<String>,
}

impl MetricEntry {
    pub(crate) fn of(metric: &Descriptor) -> Self {
        let known = metric.labels().map(|label| {
            (label.to_owned(), metric.label_values(label).map(str::to_owned).collect::<Vec<_>>())
        });
        Self {
            name: metric.name().to_owned(),
            kind: metric.kind(),
            help: metric.help().to_owned(),
            unit: metric.unit().map(str::to_owned),
            labels: metric.labels().map(str::to_owned).collect(),
            label_values: known.filter(|(_, values)| !values.is_empty()).collect(),
            constant_labels: metric
                .constant_labels()
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
            buckets: metric.buckets().map(<[f64]>::to_vec),
            quantiles: metric.quantiles().map(<[f64]>::to_vec),
            max_series: Some(metric.max_series()),
            former_names: metric.former_names().map(str::to_owned).collect(),
            declared_in: Some(place(metric.declared_at().file())),
        }
    }

    /// What a scrape shows of a metric without series.
    pub(crate) fn exposed(name: &str, kind: Kind, help: &str) -> Self {
        Self {
            name: name.to_owned(),
            kind,
            help: help.to_owned(),
            unit: None,
            labels: Vec::new(),
            label_values: BTreeMap::new(),
            constant_labels: Vec::new(),
            buckets: None,
            quantiles: None,
            max_series: None,
            former_names: Vec::new(),
            declared_in: None,
        }
    }

    /// Adds the series of another program.
    pub(crate) fn merge(&mut self, other: Self) {
        let (is_own, is_other) = (self.labels.clone(), other.labels.clone());
        let mut values = other.label_values;
        self.label_values.retain(|label, own| match values.remove(label) {
            Some(more) => {
                add(own, more);
                true
            }
            None => !is_other.contains(label),
        });
        self.label_values.extend(values.into_iter().filter(|(label, _)| !is_own.contains(label)));
        add(&mut self.labels, other.labels);
        // With two values, it is a label like any other.
        for (label, value) in other.constant_labels {
            match self.constant_labels.iter().position(|(own, _)| *own == label) {
                Some(at) if self.constant_labels[at].1 != value => {
                    self.constant_labels.remove(at);
                    add(&mut self.labels, vec![label]);
                }
                Some(_) => {}
                None => add(&mut self.labels, vec![label]),
            }
        }
        if let Some(more) = other.buckets {
            let buckets = self.buckets.get_or_insert_default();
            add(buckets, more);
            buckets.sort_by(f64::total_cmp);
        }
        add(&mut self.former_names, other.former_names);
    }

    /// Whether its series have this label.
    #[must_use]
    pub fn has_label(&self, label: &str) -> bool {
        self.labels.iter().any(|own| own == label) || self.constant_labels.iter().any(|(own, _)| own == label)
    }
}

/// Adds the values that a list lacks.
pub(crate) fn add<T: PartialEq>(own: &mut Vec<T>, other: Vec<T>) {
    for value in other {
        if !own.contains(&value) {
            own.push(value);
        }
    }
}

/// A file as it is named in its own package, `src/…`, below a folder of the package: the path of a registry's cache is that of one machine.
fn place(file: &str) -> String {
    let file = file.replace('\\', "/");
    let Some((folder, below)) = file.rsplit_once("/src/") else { return file };
    let package = folder.rsplit('/').next().unwrap_or_default();
    format!("{package}/src/{below}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_named_without_the_folders_of_a_machine() {
        let named = [
            "registry/src/index-0123/radiosonde-log-0.1.0/src/line_metrics.rs",
            "crates/radiosonde-log/src/line_metrics.rs",
            "C:\\work\\shop\\src\\main.rs",
            "src/main.rs",
            "tests/ops.rs",
        ]
        .map(place);
        let expected = [
            "radiosonde-log-0.1.0/src/line_metrics.rs",
            "radiosonde-log/src/line_metrics.rs",
            "shop/src/main.rs",
            "src/main.rs",
            "tests/ops.rs",
        ];
        assert_eq!(named, expected);
    }
}
