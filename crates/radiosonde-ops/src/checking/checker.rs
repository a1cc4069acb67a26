use std::collections::BTreeMap;

use promql_parser::parser::Expr;

use crate::catalogue::Catalogue;
use crate::checking::allow::{Allow, allows, allows_of};
use crate::checking::diagnostic::Diagnostic;
use crate::checking::inference::Inference;
use crate::checking::known_series::KnownSeries;
use crate::checking::label_values::LabelValues;
use crate::checking::panel_source::PanelSources;
use crate::checking::plain_source::{Language, PlainQuery, plain_queries};
use crate::checking::query::parse;
use crate::checking::report::{Item, Report};
use crate::checking::rule_source::{RuleKind, RuleSource, rules_of};
use crate::checking::shape::{Measure, Shape};
use crate::checking::template_labels::{legend_labels, template_labels};
use crate::checking::tree::Tree;

/// Checks hand-written PromQL against a [`Catalogue`], offline: rule files, dashboards and queries.
///
/// It finds metrics and labels that do not exist, values that a label never has, functions of the wrong kind of metric, and alerts that can
/// never fire or never resolve; [`DiagnosticCode`](crate::DiagnosticCode) lists everything. Nothing is found where not enough is known.
///
/// # What is known
/// The metrics of the catalogue with their labels, label values and buckets; `job` and `instance`; the metrics of Prometheus itself; and the
/// recording rules of the file. Everything else is missing unless it is declared [external](Self::external).
///
/// # Comments
/// `# radiosonde: allow(code) reason`, on a line before or within a rule, before a query, or in the description of a panel, allows a finding. A
/// comment that allows nothing is a finding too.
///
/// # Limits
/// A file has at most 8 MiB, 500,000 values and 64 levels, a query 32 KiB, 250 operators and brackets and 200
/// regular expressions. What is larger is a finding.
///
/// ```
/// use radiosonde_metrics::Registry;
/// use radiosonde_ops::{Catalogue, Checker, DiagnosticCode};
///
/// let registry = Registry::new();
/// registry.counter("payments_total", "Payments taken.").labels(&["method"])?;
/// let checker = Checker::new(&Catalogue::of(&registry)).external("node_");
///
/// let found = checker.check_queries("queries.promql", "sum by (metod) (rate(payments_total[5m]))\n\nrate(payment_total[5m])");
/// assert_eq!(found[0].code, DiagnosticCode::LabelMissing);
/// assert_eq!((found[1].line, found[1].fix.as_deref()), (3, Some("rate(payments_total[5m])")));
/// # Ok::<(), radiosonde_metrics::RegisterError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Checker {
    known: KnownSeries,
    /// The recording rules by name, of all files.
    recorded: BTreeMap<String, Vec<Recorded>>,
}

/// A recording rule.
#[derive(Debug, Clone, PartialEq)]
struct Recorded {
    expr: Option<Expr>,
    labels: Vec<(String, String)>,
}

impl Checker {
    /// Knows the metrics of this catalogue.
    #[must_use]
    pub fn new(catalogue: &Catalogue) -> Self {
        Self { known: KnownSeries::of(catalogue), recorded: BTreeMap::new() }
    }

    /// Metrics whose names start like this are those of other programs: nothing is known of them, and they are not missing.
    #[must_use]
    pub fn external(mut self, prefix: impl Into<String>) -> Self {
        self.known.add_external(prefix.into());
        self
    }

    /// Series of all targets can have this label, beside `job` and `instance`: one of Prometheus' configuration, such as `service`.
    #[must_use]
    pub fn target_label(mut self, label: impl Into<String>) -> Self {
        self.known.add_target_label(label.into());
        self
    }

    /// Knows the recording rules of another file, too. A file that cannot be read has none.
    #[must_use]
    pub fn recording(mut self, rules: &str) -> Self {
        if let Ok(documents) = Tree::documents(rules) {
            self.learn(&rules_of(&documents));
        }
        self
    }

    /// Checks a rule file of Prometheus.
    #[must_use]
    pub fn check_rules(&self, file: &str, text: &str) -> Vec<Diagnostic> {
        let mut report = Report::of(file, text);
        let documents = match Tree::documents(text) {
            Ok(documents) => documents,
            Err(invalid) => return report.invalid(invalid.line, invalid.reason),
        };
        let rules = rules_of(&documents);
        let mut checker = self.clone();
        checker.learn(&rules);
        for (owner, rule) in rules.iter().enumerate() {
            checker.rule(&mut report, rule, owner);
        }
        let owner = |allow: &Allow| rules.iter().position(|rule| rule.last_line >= allow.line);
        report.finish(allows(text).into_iter().map(|allow| (owner(&allow), allow)).collect())
    }

    /// Checks a dashboard of Grafana: its JSON, or that of the HTTP API.
    #[must_use]
    pub fn check_dashboard(&self, file: &str, text: &str) -> Vec<Diagnostic> {
        let mut report = Report::of(file, text);
        let documents = match Tree::documents(text) {
            Ok(documents) => documents,
            Err(invalid) => return report.invalid(invalid.line, invalid.reason),
        };
        let sources = PanelSources::of(&documents);
        for panel in &sources.queries {
            let place = panel.place.clone();
            let item = Item { place, query: &panel.query, line: panel.line, owner: panel.panel };
            let shape = report.query(&self.known, &item, None);
            if let (Some(shape), Some(legend)) = (shape, panel.legend) {
                report.template(&item, panel.line, &shape, &legend_labels(legend));
            }
        }
        let allows = sources.descriptions.iter().flat_map(|described| {
            let lines = described.description.lines();
            lines.flat_map(|line| allows_of(described.line, line)).map(|allow| (Some(described.panel), allow))
        });
        report.finish(allows.collect())
    }

    /// Checks the queries of a list, or those in the blocks of `promql` of a Markdown file, by the file's extension `.md`.
    ///
    /// Blocks of `logql`, and files with this extension, are checked for filters that never match a line of JSON.
    #[must_use]
    pub fn check_queries(&self, file: &str, text: &str) -> Vec<Diagnostic> {
        let mut report = Report::of(file, text);
        let extension = file.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
        let queries = plain_queries(text, &extension);
        for (owner, plain) in queries.iter().enumerate() {
            let item = Item { place: String::new(), query: &plain.query, line: plain.line, owner };
            if plain.language == Language::LogQl {
                report.log_query(&item);
            } else {
                report.query(&self.known, &item, None);
            }
        }
        let last_line = |plain: &PlainQuery| plain.line + plain.query.lines().count() - 1;
        let owner = |allow: &Allow| queries.iter().position(|plain| last_line(plain) >= allow.line);
        report.finish(allows(text).into_iter().map(|allow| (owner(&allow), allow)).collect())
    }

    fn rule(&self, report: &mut Report<'_>, rule: &RuleSource<'_>, owner: usize) {
        let Some(query) = rule.expr.text() else { return };
        let item = Item { place: rule.place(), query, line: rule.expr.line, owner };
        let texts = match rule.kind {
            RuleKind::Alert(name) => {
                let templates = rule.templates.iter().filter_map(|template| template.text());
                Some(std::iter::once(name).chain(templates).collect::<Vec<_>>().join("\n"))
            }
            RuleKind::Recording(_) => None,
        };
        let Some(shape) = report.query(&self.known, &item, texts.as_deref()) else { return };
        for template in &rule.templates {
            let labels = template_labels(template.text().unwrap_or_default());
            report.template(&item, template.line, &shape, &labels);
        }
    }

    /// Makes recording rules known metrics, with the labels that their expressions leave.
    fn learn(&mut self, rules: &[RuleSource<'_>]) {
        let mut is_new = false;
        for rule in rules {
            let RuleKind::Recording(name) = rule.kind else { continue };
            if !self.recorded.contains_key(name) && self.known.has(name) {
                continue;
            }
            let labels = rule.labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
            let expr = rule.expr.text().and_then(|text| parse(text).ok());
            let recorded = Recorded { expr, labels: labels.collect() };
            let all = self.recorded.entry(name.to_owned()).or_default();
            if !all.contains(&recorded) {
                all.push(recorded);
                is_new = true;
            }
        }
        if !is_new {
            return;
        }
        for name in self.recorded.keys() {
            self.known.add_recorded(name, Shape::unknown());
        }
        // The second time, rules that other rules read are known.
        for _ in 0..2 {
            let shapes = self.recorded.iter().map(|(name, rules)| (name, self.shape_of(rules)));
            for (name, shape) in shapes.collect::<Vec<_>>() {
                self.known.add_recorded(name, shape);
            }
        }
    }

    /// The series of all rules with one name.
    fn shape_of(&self, rules: &[Recorded]) -> Shape {
        let shapes = rules.iter().map(|rule| {
            let shape = rule.expr.as_ref().map(|expr| Inference::quietly(&self.known, expr));
            let mut shape = Shape { scalar: false, ..shape.unwrap_or_else(Shape::unknown) };
            for (label, value) in &rule.labels {
                shape.labels.insert(label, LabelValues::of([value.clone()]));
            }
            shape
        });
        shapes.reduce(|one, other| either(&one, &other)).unwrap_or_else(Shape::unknown)
    }
}

/// The series of two rules with one name.
fn either(one: &Shape, other: &Shape) -> Shape {
    let measure = if one.measure == other.measure { one.measure } else { Measure::Unknown };
    let labels = one.labels.union(&other.labels);
    Shape { labels, values: one.values.hull(other.values), measure, scalar: false, buckets: None }
}
