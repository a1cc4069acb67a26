use std::collections::BTreeMap;
use std::time::Duration;

use crate::document::{Node, list, map};
use crate::promql::promql_duration;

/// A file of unit tests for `promtool test rules`.
///
/// Source: <https://prometheus.io/docs/prometheus/latest/configuration/unit_testing_rules/>
#[derive(Debug, Clone, Default)]
pub(crate) struct TestFile {
    /// The file with the rules, beside this one.
    pub(crate) rule_file: String,
    pub(crate) evaluation_interval: Duration,
    pub(crate) tests: Vec<RuleTest>,
}

/// One story: what Prometheus has scraped, and which alerts there are at which times.
#[derive(Debug, Clone)]
pub(crate) struct RuleTest {
    pub(crate) name: String,
    /// The time between two values of the series.
    pub(crate) interval: Duration,
    pub(crate) series: Vec<InputSeries>,
    pub(crate) alerts: Vec<AlertTest>,
    pub(crate) expressions: Vec<ExpressionTest>,
}

#[derive(Debug, Clone)]
pub(crate) struct InputSeries {
    /// A name with labels.
    pub(crate) series: String,
    /// Values in promtool's notation, such as `0+60x30`.
    pub(crate) values: String,
}

#[derive(Debug, Clone)]
pub(crate) struct AlertTest {
    pub(crate) at: Duration,
    pub(crate) alert: String,
    /// All alerts of this name that fire at that time; none is that it is quiet.
    pub(crate) expected: Vec<ExpectedAlert>,
}

#[derive(Debug, Clone)]
pub(crate) struct ExpectedAlert {
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) annotations: BTreeMap<String, String>,
}

#[derive(Debug, Clone)]
pub(crate) struct ExpressionTest {
    pub(crate) at: Duration,
    pub(crate) expr: String,
    /// Series with labels, and their values.
    pub(crate) expected: Vec<(String, f64)>,
}

impl TestFile {
    pub(crate) fn to_yaml(&self) -> String {
        let files = list([self.rule_file.as_str()]);
        let interval = promql_duration(self.evaluation_interval).into();
        let tests = list(self.tests.iter().map(RuleTest::node));
        map([("rule_files", files), ("evaluation_interval", interval), ("tests", tests)]).to_yaml()
    }
}

impl RuleTest {
    fn node(&self) -> Node {
        let series = self
            .series
            .iter()
            .map(|input| map([("series", Node::from(&input.series)), ("values", (&input.values).into())]));
        let alerts = (!self.alerts.is_empty())
            .then(|| ("alert_rule_test", list(self.alerts.iter().map(AlertTest::node))));
        let expressions = (!self.expressions.is_empty())
            .then(|| ("promql_expr_test", list(self.expressions.iter().map(ExpressionTest::node))));
        let head = [
            ("name", Node::from(&self.name)),
            ("interval", promql_duration(self.interval).into()),
            ("input_series", list(series)),
        ];
        map(head.into_iter().chain(alerts).chain(expressions))
    }
}

impl AlertTest {
    fn node(&self) -> Node {
        let texts =
            |texts: &BTreeMap<String, String>| map(texts.iter().map(|(name, text)| (name, text.into())));
        let expected = self.expected.iter().map(|alert| {
            map([("exp_labels", texts(&alert.labels)), ("exp_annotations", texts(&alert.annotations))])
        });
        map([
            ("eval_time", promql_duration(self.at).into()),
            ("alertname", (&self.alert).into()),
            ("exp_alerts", list(expected)),
        ])
    }
}

impl ExpressionTest {
    fn node(&self) -> Node {
        let samples = self
            .expected
            .iter()
            .map(|(labels, value)| map([("labels", Node::from(labels)), ("value", (*value).into())]));
        map([
            ("expr", (&self.expr).into()),
            ("eval_time", promql_duration(self.at).into()),
            ("exp_samples", list(samples)),
        ])
    }
}
