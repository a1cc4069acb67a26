use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::fmt;

use radiosonde_metrics::model::Kind;

use crate::catalogue::catalogue::Catalogue;
use crate::catalogue::kinds::kind_of;
use crate::catalogue::metric_entry::MetricEntry;
use crate::catalogue::sample_line::{Sample, sample, unescaped};

impl Catalogue {
    /// The metrics of a running process, from the text of its `/metrics`: text 0.0.4 and 1.0.0 of Prometheus, and OpenMetrics.
    ///
    /// A scrape shows the labels of series that exist, and not which values a label may have; nor does it show objectives and golden signals.
    ///
    /// ```
    /// use radiosonde_ops::Catalogue;
    ///
    /// let text = "# HELP jobs_total Jobs.\n# TYPE jobs_total counter\njobs_total{queue=\"mail\"} 3\n";
    /// let catalogue = Catalogue::from_exposition(text)?;
    /// assert_eq!(catalogue.metric("jobs_total").unwrap().labels, ["queue"]);
    /// # Ok::<(), radiosonde_ops::InvalidExposition>(())
    /// ```
    ///
    /// # Errors
    /// [`InvalidExposition`] names the line and what is expected there.
    ///
    /// # Source
    /// <https://prometheus.io/docs/instrumenting/exposition_formats/>,
    /// <https://prometheus.io/docs/specs/om/open_metrics_spec/>
    pub fn from_exposition(text: &str) -> Result<Self, InvalidExposition> {
        let mut families = Families::default();
        for (at, line) in text.lines().enumerate() {
            families.line(line).map_err(|expected| InvalidExposition { line: at + 1, expected })?;
        }
        Ok(Self { metrics: families.finish(), ..Self::default() })
    }
}

/// A line that is not one of an exposition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidExposition {
    line: usize,
    expected: &'static str,
}

impl InvalidExposition {
    /// The number of the line, from 1.
    #[must_use]
    pub const fn line(&self) -> usize {
        self.line
    }
}

impl fmt::Display for InvalidExposition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "invalid exposition, line {}: expected {}", self.line, self.expected)
    }
}

impl Error for InvalidExposition {}

/// The families of a text, by the names in its comments.
#[derive(Default)]
struct Families(BTreeMap<String, Family>);

/// A family as far as its lines have been read. Bounds are kept as they come, since a text has each of them once for every series.
struct Family {
    metric: MetricEntry,
    labels: BTreeSet<String>,
    /// Of buckets, or of quantiles.
    numbers: Vec<f64>,
    /// The suffix of its samples that OpenMetrics leaves out of the family's name.
    suffix: &'static str,
}

/// The suffixes of samples that are part of a family, and the kinds that have them.
const SUFFIXES: [(&str, &[Kind]); 6] = [
    ("_bucket", &[Kind::Histogram]),
    ("_count", &[Kind::Histogram, Kind::Summary]),
    ("_sum", &[Kind::Histogram, Kind::Summary]),
    ("_created", &[Kind::Counter, Kind::Histogram, Kind::Summary]),
    ("_total", &[Kind::Counter]),
    ("_info", &[Kind::Info]),
];

impl Families {
    fn line(&mut self, line: &str) -> Result<(), &'static str> {
        let line = line.trim_end_matches('\r');
        match line.strip_prefix('#') {
            Some(comment) => self.comment(comment.trim_start()),
            None if line.trim().is_empty() => Ok(()),
            None => self.sample(sample(line)?),
        }
    }

    fn comment(&mut self, comment: &str) -> Result<(), &'static str> {
        let (keyword, rest) = comment.split_once(' ').unwrap_or((comment, ""));
        if !matches!(keyword, "HELP" | "TYPE" | "UNIT") {
            return Ok(());
        }
        let (name, value) = rest.split_once(' ').unwrap_or((rest, ""));
        let name = name.trim_matches('"');
        if name.is_empty() {
            return Err("the name of a metric");
        }
        let family = &mut self.family(name).metric;
        match keyword {
            "HELP" => family.help = unescaped(value),
            "UNIT" => family.unit = Some(value.to_owned()).filter(|unit| !unit.is_empty()),
            _ => {
                let is_unknown = matches!(value.trim(), "untyped" | "gaugehistogram");
                family.kind = if is_unknown {
                    Kind::Unknown
                } else {
                    kind_of(value.trim()).ok_or("a type of metric")?
                };
            }
        }
        Ok(())
    }

    fn family(&mut self, name: &str) -> &mut Family {
        self.0.entry(name.to_owned()).or_insert_with(|| Family {
            metric: MetricEntry::exposed(name, Kind::Unknown, ""),
            labels: BTreeSet::new(),
            numbers: Vec::new(),
            suffix: "",
        })
    }

    /// The family of a sample by its name, and the suffix that the sample has.
    fn family_of(&self, name: &str) -> Option<(String, &'static str)> {
        if self.0.contains_key(name) {
            return Some((name.to_owned(), ""));
        }
        SUFFIXES.into_iter().find_map(|(suffix, kinds)| {
            let family = name.strip_suffix(suffix)?;
            let is_of = self.0.get(family).is_some_and(|family| kinds.contains(&family.metric.kind));
            is_of.then(|| (family.to_owned(), suffix))
        })
    }

    fn sample(&mut self, sample: Sample) -> Result<(), &'static str> {
        let (name, suffix) = self.family_of(&sample.name).unwrap_or_else(|| (sample.name.clone(), ""));
        let family = self.family(&name);
        if matches!(suffix, "_total" | "_info") {
            family.suffix = suffix;
        }
        for (label, value) in sample.labels {
            match (label.as_str(), family.metric.kind) {
                ("le", Kind::Histogram) => {
                    family.numbers.push(value.parse().map_err(|_| "a number as the value of `le`")?);
                }
                ("quantile", Kind::Summary) => {
                    family.numbers.push(value.parse().map_err(|_| "a number as the value of `quantile`")?);
                }
                _ => {
                    family.labels.insert(label);
                }
            }
        }
        Ok(())
    }

    fn finish(self) -> Vec<MetricEntry> {
        let metrics = self.0.into_values().map(Family::finish);
        metrics
            .map(|metric| (metric.name.clone(), metric))
            .collect::<BTreeMap<_, _>>()
            .into_values()
            .collect()
    }
}

impl Family {
    fn finish(self) -> MetricEntry {
        let Self { mut metric, labels, mut numbers, suffix } = self;
        metric.name.push_str(suffix);
        metric.labels = labels.into_iter().collect();
        numbers.retain(|number| number.is_finite());
        numbers.sort_by(f64::total_cmp);
        numbers.dedup();
        match metric.kind {
            Kind::Histogram => metric.buckets = Some(numbers),
            Kind::Summary => metric.quantiles = Some(numbers),
            _ => {}
        }
        metric
    }
}
