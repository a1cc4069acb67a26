use std::collections::BTreeMap;

use crate::catalogue::{LabelMatch, Selector};
use crate::promql::{Scope, quoted};

/// The labels of a series that Prometheus could have scraped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SampleLabels(BTreeMap<String, String>);

impl SampleLabels {
    /// Those of a series that the selector selects.
    pub(crate) fn of(selector: &Selector, scope: &Scope) -> Self {
        let mut labels: BTreeMap<_, _> = scope.matchers().iter().cloned().collect();
        labels.entry("instance".to_owned()).or_insert_with(|| "a:80".to_owned());
        labels.insert("job".to_owned(), labels.get("job").cloned().unwrap_or_else(|| "program".to_owned()));
        for (label, condition) in &selector.matchers {
            let own = labels.get(label).filter(|value| accepts(condition, value)).cloned();
            let value = own.or_else(|| accepted(condition));
            labels.extend(value.map(|value| (label.clone(), value)));
        }
        Self(labels)
    }

    /// The same, but not among the series of another selector; `None` if all of the first are of the second.
    pub(crate) fn outside(selector: &Selector, other: &Selector, scope: &Scope) -> Option<Self> {
        let labels = Self::of(selector, scope);
        if selector.metric != other.metric || !labels.is_of(other) {
            return Some(labels);
        }
        const VALUES: [&str; 6] = ["200", "success", "completed", "ok", "none", "other"];
        other.matchers.iter().find_map(|(label, condition)| {
            let is_good = |value: &&str| {
                let own = selector.matchers.iter().filter(|(own, _)| own == label);
                !accepts(condition, value) && own.clone().all(|(_, own)| accepts(own, value))
            };
            let value = VALUES.into_iter().find(is_good)?;
            Some(labels.clone().with(label, value))
        })
    }

    /// Whether series that one selector selects are among those of another.
    pub(crate) fn is_part(part: &Selector, all: &Selector, scope: &Scope) -> bool {
        part.metric == all.metric && Self::of(part, scope).is_of(all)
    }

    pub(crate) fn with(mut self, label: &str, value: &str) -> Self {
        self.0.insert(label.to_owned(), value.to_owned());
        self
    }

    /// Whether a selector selects them.
    pub(crate) fn is_of(&self, selector: &Selector) -> bool {
        let value = |label: &String| self.0.get(label).map_or("", String::as_str);
        selector.matchers.iter().all(|(label, condition)| accepts(condition, value(label)))
    }

    /// The series of a metric with these labels.
    pub(crate) fn series(&self, metric: &str) -> String {
        let labels: Vec<_> =
            self.0.iter().map(|(label, value)| format!("{label}={}", quoted(value))).collect();
        format!("{metric}{{{}}}", labels.join(","))
    }
}

fn accepts(condition: &LabelMatch, value: &str) -> bool {
    match condition {
        LabelMatch::OneOf(values) => values.iter().any(|one| one == value),
        LabelMatch::StartsWith(starts) => starts.iter().any(|start| value.starts_with(start.as_str())),
        LabelMatch::NoneOf(values) => values.iter().all(|one| one != value),
    }
}

/// A value that meets the condition; `None` if that is the absence of the label, or no value does.
fn accepted(condition: &LabelMatch) -> Option<String> {
    match condition {
        LabelMatch::OneOf(values) => values.first().cloned(),
        // The class of a status, such as 5.
        LabelMatch::StartsWith(starts) => starts.first().map(|start| {
            let is_class = start.len() == 1 && start.bytes().all(|digit| digit.is_ascii_digit());
            if is_class { format!("{start}00") } else { start.clone() }
        }),
        LabelMatch::NoneOf(values) => {
            (0..=values.len()).map(|at| format!("other{at}")).find(|value| !values.contains(value))
        }
    }
}

#[cfg(test)]
mod tests {
    use radiosonde_metrics::model::Kind;

    use super::*;

    fn selector(matchers: &[(&str, LabelMatch)]) -> Selector {
        let matchers = matchers.iter().map(|(label, condition)| ((*label).to_owned(), condition.clone()));
        Selector {
            metric: "m_total".to_owned(),
            kind: Kind::Counter,
            matchers: matchers.collect(),
            former_names: Vec::new(),
        }
    }

    fn one_of(values: &[&str]) -> LabelMatch {
        LabelMatch::OneOf(values.iter().map(|value| (*value).to_owned()).collect())
    }

    #[test]
    fn labels_meet_every_condition_of_a_selector() {
        let server_errors = LabelMatch::StartsWith(vec!["5".to_owned()]);
        let not_other = LabelMatch::NoneOf(vec![String::new(), "other0".to_owned()]);
        let selector =
            selector(&[("status", server_errors), ("kind", not_other), ("endpoint", one_of(&["/a", "/b"]))]);
        let scope = Scope::everything().matching("job", "shop");
        let labels = SampleLabels::of(&selector, &scope);
        assert!(labels.is_of(&selector));
        let expected = r#"m_total{endpoint="/a",instance="a:80",job="shop",kind="other1",status="500"}"#;
        assert_eq!(labels.series("m_total"), expected);
    }

    #[test]
    fn labels_outside_of_another_selector_differ_in_one_label() {
        let (all, scope) = (selector(&[("endpoint", one_of(&["/a"]))]), Scope::everything());
        let bad = selector(&[
            ("endpoint", one_of(&["/a"])),
            ("status", LabelMatch::StartsWith(vec!["5".to_owned(), "_".to_owned()])),
        ]);
        let good = SampleLabels::outside(&all, &bad, &scope).unwrap();
        assert_eq!((good.is_of(&all), good.is_of(&bad)), (true, false));
        assert_eq!(SampleLabels::outside(&bad, &bad, &scope), None);
    }
}
