use crate::catalogue::Selector;
use crate::promql::literal::quoted;
use crate::promql::selector::selector;

/// The series of one program among those of a Prometheus: labels, such as `job` or `service`, that each selector has to have.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Scope {
    matchers: Vec<(String, String)>,
    /// Labels with an expression that their values match, such as a variable of a dashboard.
    patterns: Vec<(String, String)>,
}

impl Scope {
    pub(crate) const fn everything() -> Self {
        Self { matchers: Vec::new(), patterns: Vec::new() }
    }

    /// Only series whose label has this value.
    pub(crate) fn matching(mut self, label: impl Into<String>, value: impl Into<String>) -> Self {
        self.matchers.push((label.into(), value.into()));
        self
    }

    /// Only series whose label matches this expression of PromQL.
    pub(crate) fn like(mut self, label: &str, pattern: &str) -> Self {
        self.patterns.push((label.to_owned(), pattern.to_owned()));
        self
    }

    pub(crate) fn matchers(&self) -> &[(String, String)] {
        &self.matchers
    }

    /// The values of gauges.
    pub(crate) fn instant(&self, of: &Selector) -> String {
        self.instant_with(of, "", &[])
    }

    /// The values of series with a suffix, such as `_bucket`, and more labels.
    ///
    /// Series under former names count where the new one has no series with the same labels, so that both versions of a program
    /// are read while it is rolled out.
    pub(crate) fn instant_with(&self, of: &Selector, suffix: &str, more: &[(String, String)]) -> String {
        bridged(self.each_name(of, suffix, more))
    }

    /// `rate`, `increase` or another function of a range of one suffix of the series, such as `_bucket`. A window is a duration of PromQL or a
    /// variable of Grafana.
    pub(crate) fn range(
        &self,
        function: &str,
        of: &Selector,
        suffix: &str,
        more: &[(String, String)],
        window: &str,
    ) -> String {
        let ranges = self.each_name(of, suffix, more).into_iter();
        bridged(ranges.map(|selector| format!("{function}({selector}[{window}])")))
    }

    /// The values of gauges as they were this long ago.
    pub(crate) fn offset(&self, of: &Selector, ago: &str) -> String {
        bridged(self.each_name(of, "", &[]).into_iter().map(|selector| format!("{selector} offset {ago}")))
    }

    /// `rate` or `increase` of the bucket that a condition such as `le="1"` selects.
    pub(crate) fn bucket(&self, function: &str, of: &Selector, le: &str, window: &str) -> String {
        let ranges = self
            .each_name(of, "_bucket", &[])
            .into_iter()
            .map(|selector| format!("{function}({}[{window}])", with_condition(&selector, le)));
        bridged(ranges)
    }

    /// `rate` or `increase` of what only grows: a counter, or the count of a histogram or summary.
    pub(crate) fn growth(&self, function: &str, of: &Selector, window: &str) -> String {
        self.range(function, of, counted_suffix(of), &[], window)
    }

    fn each_name(&self, of: &Selector, suffix: &str, more: &[(String, String)]) -> Vec<String> {
        let more: Vec<_> = self.matchers.iter().chain(more).cloned().collect();
        let names = std::iter::once(&of.metric).chain(&of.former_names);
        let selectors = names.map(|name| selector(name, suffix, &of.matchers, &more));
        let like = self.patterns.iter().map(|(label, pattern)| format!("{label}=~{}", quoted(pattern)));
        let like: Vec<_> = like.collect();
        selectors.map(|selector| like.iter().fold(selector, |to, one| with_condition(&to, one))).collect()
    }
}

/// A selector with one more condition on a label.
fn with_condition(selector: &str, condition: &str) -> String {
    match selector.strip_suffix('}') {
        Some(labels) => format!("{labels},{condition}}}"),
        None => format!("{selector}{{{condition}}}"),
    }
}

/// The suffix of the sample that counts.
pub(crate) fn counted_suffix(of: &Selector) -> &'static str {
    use radiosonde_metrics::model::Kind;
    if matches!(of.kind, Kind::Histogram | Kind::Summary) { "_count" } else { "" }
}

/// The first, or what of the others it lacks.
fn bridged(all: impl IntoIterator<Item = String>) -> String {
    let all: Vec<_> = all.into_iter().collect();
    if all.len() > 1 { format!("({})", all.join(" or ")) } else { all.concat() }
}
