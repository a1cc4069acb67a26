use std::collections::BTreeSet;

use radiosonde_metrics::Registry;
use radiosonde_metrics::model::Kind;

use crate::catalogue::{Catalogue, MetricEntry};
use crate::problem::{Finding, Problem};

/// Checks every metric in the registry by promlint's rules, sorted by metric; for a test that expects no findings.
///
/// Most violations cannot be declared in the first place. The remaining rules are about usage: base units spelled out, no
/// kind in the name, snake case. Metrics of collectors are checked as well.
///
/// # Source
/// <https://prometheus.io/docs/practices/naming/>, and promlint's rules:
/// <https://pkg.go.dev/github.com/prometheus/client_golang/prometheus/testutil/promlint>
///
/// ```
/// use radiosonde_metrics::Registry;
/// use radiosonde_ops::lint;
///
/// let registry = Registry::new();
/// registry.histogram("queue_wait_seconds", "Time from enqueueing to the start of work.").build()?;
/// assert_eq!(lint(&registry), []);
///
/// registry.gauge("cache_kilobytes", "Size of the cache.").build()?;
/// assert_eq!(lint(&registry)[0].to_string(), "cache_kilobytes: use the base unit `bytes` in place of `kilobytes`");
/// # Ok::<(), radiosonde_metrics::RegisterError>(())
/// ```
#[must_use]
pub fn lint(registry: &Registry) -> Vec<Finding> {
    Catalogue::of(registry).lint()
}

impl Catalogue {
    /// Checks every metric by promlint's rules, as [`lint`] does: those of a running process, for example.
    ///
    /// ```
    /// use radiosonde_ops::Catalogue;
    ///
    /// let text = "# HELP cache_kilobytes Size of the cache.\n# TYPE cache_kilobytes gauge\ncache_kilobytes 3\n";
    /// let findings = Catalogue::from_exposition(text)?.lint();
    /// assert_eq!(findings[0].to_string(), "cache_kilobytes: use the base unit `bytes` in place of `kilobytes`");
    /// # Ok::<(), radiosonde_ops::InvalidExposition>(())
    /// ```
    #[must_use]
    pub fn lint(&self) -> Vec<Finding> {
        let mut found = BTreeSet::new();
        for metric in &self.metrics {
            let mut linter = Linter { metric: metric.name.as_str().into(), kind: metric.kind, found };
            linter.metric(metric);
            found = linter.found;
        }
        found.into_iter().collect()
    }
}

struct Linter {
    metric: Box<str>,
    kind: Kind,
    found: BTreeSet<Finding>,
}

/// The units that promlint knows, each with its base unit.
const UNITS: [(&str, &str); 24] = [
    ("amperes", "amperes"),
    ("bits", "bytes"),
    ("bytes", "bytes"),
    ("calories", "joules"),
    ("celsius", "celsius"),
    ("days", "seconds"),
    ("fahrenheit", "celsius"),
    ("grams", "grams"),
    ("hours", "seconds"),
    ("inches", "meters"),
    ("joules", "joules"),
    ("kelvin", "kelvin"),
    ("kelvins", "kelvin"),
    ("meters", "meters"),
    ("metres", "metres"),
    ("miles", "meters"),
    ("minutes", "seconds"),
    ("ounces", "grams"),
    ("pounds", "grams"),
    ("rankine", "celsius"),
    ("seconds", "seconds"),
    ("volts", "volts"),
    ("weeks", "seconds"),
    ("yards", "meters"),
];

const PREFIXES: [&str; 18] = [
    "pico", "nano", "micro", "milli", "centi", "deci", "deca", "hecto", "kilo", "kibi", "mega", "mebi",
    "giga", "gibi", "tera", "tebi", "peta", "pebi",
];

const ABBREVIATIONS: [&str; 14] =
    ["s", "ms", "us", "ns", "sec", "b", "kb", "mb", "gb", "tb", "pb", "m", "h", "d"];

const KINDS: [&str; 4] = ["counter", "gauge", "histogram", "summary"];

impl Linter {
    fn find(&mut self, problem: Problem) {
        self.found.insert(Finding { metric: self.metric.clone(), problem });
    }

    fn name(&mut self, name: &str) {
        let is_counter = self.kind == Kind::Counter;
        match name.ends_with("_total") {
            false if is_counter => self.find(Problem::CounterWithoutTotal),
            true if !is_counter => self.find(Problem::TotalWithoutCounter),
            _ => {}
        }
        let has_count = matches!(self.kind, Kind::Histogram | Kind::Summary);
        for (suffix, allowed) in
            [("_bucket", self.kind == Kind::Histogram), ("_count", has_count), ("_sum", has_count)]
        {
            if name.ends_with(suffix) && !allowed {
                self.find(Problem::ReservedSuffix { suffix });
            }
        }
        if name.contains(':') {
            self.find(Problem::Colon);
        }
        if is_camel(name) {
            self.find(Problem::CamelCase);
        }
        // Only the first unit in the name counts.
        if let Some((unit, base)) = name.split('_').find_map(unit).filter(|(unit, base)| unit != base) {
            self.find(Problem::Unit { unit: unit.into(), base });
        }
        for (at, word) in name.to_ascii_lowercase().split('_').enumerate() {
            if let Some(kind) = KINDS.into_iter().find(|kind| at > 0 && *kind == word) {
                self.find(Problem::KindInName { kind });
            }
            if let Some(unit) = ABBREVIATIONS.into_iter().find(|unit| at > 0 && *unit == word) {
                self.find(Problem::Abbreviation { unit });
            }
        }
    }

    fn metric(&mut self, metric: &MetricEntry) {
        if metric.help.trim().is_empty() {
            self.find(Problem::NoHelp);
        }
        self.name(&metric.name);
        for label in metric.labels.iter().chain(metric.constant_labels.iter().map(|(label, _)| label)) {
            self.label(label);
        }
    }

    fn label(&mut self, label: &str) {
        for reserved in ["le", "quantile"] {
            if label == reserved {
                self.find(Problem::ReservedLabel { label: reserved });
            }
        }
        if is_camel(label) && (self.kind != Kind::StateSet || label != &*self.metric) {
            self.find(Problem::CamelCaseLabel { label: label.into() });
        }
    }
}

/// A word and its base unit, if it is a unit.
fn unit(word: &str) -> Option<(&str, &'static str)> {
    let known = |word: &str| UNITS.into_iter().find(|(unit, _)| *unit == word);
    let prefixed = || PREFIXES.iter().find_map(|prefix| known(word.strip_prefix(prefix)?));
    let (_, base) = known(word).or_else(prefixed)?;
    Some((word, base))
}

fn is_camel(name: &str) -> bool {
    name.as_bytes().windows(2).any(|pair| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use radiosonde_core::Resource;
    use radiosonde_metrics::collect::{Collection, Collector};
    use radiosonde_metrics::model::Number;

    use super::*;

    struct Careless;

    impl Collector for Careless {
        fn collect(&self, out: &mut Collection) {
            out.number("hits", "Hits.", Kind::Counter, Number::Unsigned(1));
            out.number("a_total", " ", Kind::Gauge, Number::Unsigned(1));
        }
    }

    #[test]
    fn each_rule_finds_what_it_is_about() {
        let registry = Registry::new();
        for name in [
            "size_kilobytes",
            "waited_minutes_max",
            "wait_ms",
            "temp_gauge",
            "job:size",
            "queueLength",
            "orders_count",
            "x_bucket",
            "heat_fahrenheit",
            // A day is not a unit here, and minutes only at the first position.
            "day_of_week",
            "seconds_within_minutes",
        ] {
            registry.gauge(name, "A gauge.").build().unwrap();
        }
        registry.gauge("labelled", "A gauge.").labels(&["orderId"]).unwrap().with(&["1"]).set(1.0);
        registry.collect_from(Careless);
        let found: Vec<_> = lint(&registry).iter().map(ToString::to_string).collect();
        let expected = [
            "a_total: no help text",
            "a_total: only a counter's name ends in `_total`",
            "heat_fahrenheit: use the base unit `celsius` in place of `fahrenheit`",
            "hits: a counter's name ends in `_total`",
            "job:size: colons are for recording rules",
            "labelled: the label \"orderId\" is in camelCase; names are in snake_case",
            "orders_count: `_count` is what histograms and summaries append to their names",
            "queueLength: names are in snake_case",
            "size_kilobytes: use the base unit `bytes` in place of `kilobytes`",
            "temp_gauge: the name contains the kind gauge",
            "wait_ms: the unit `ms` is abbreviated",
            "waited_minutes_max: use the base unit `seconds` in place of `minutes`",
            "x_bucket: `_bucket` is what histograms and summaries append to their names",
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn what_is_shown_of_process_build_and_registry_is_in_order() {
        let registry = Registry::new();
        registry.expose_process();
        registry.expose_build_info(&Resource::builder().service_name("orders").build());
        // Makes the registry expose every self metric.
        registry.float_counter("busy_seconds_total", "Busy.").build().unwrap().inc_by(f64::NAN);
        let few = registry.counter("few_total", "Few.").max_series(1).labels(&["x"]).unwrap();
        few.with(&["1"]).inc();
        few.with(&["2"]).inc();
        assert!(registry.text().contains("radiosonde_metrics_series_dropped_total"));
        assert_eq!(lint(&registry), []);
    }

    #[test]
    fn names_that_a_registry_accepts_against_conventions_are_found() {
        let registry = Registry::builder().unconventional_names().build().unwrap();
        registry.record("counter", "test_counter", 1.0, &[("test", "true")]).unwrap();
        registry.record("gauge", "database_connections_total", 7.0, &[]).unwrap();
        let findings: Vec<_> = lint(&registry).iter().map(ToString::to_string).collect();
        for metric in ["test_counter: ", "database_connections_total: "] {
            assert!(findings.iter().any(|finding| finding.starts_with(metric)), "{findings:?}");
        }
    }
}
