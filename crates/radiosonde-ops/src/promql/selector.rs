use crate::catalogue::LabelMatch;
use crate::promql::literal::{literal, quoted};

/// Series in PromQL: a metric's name with a suffix, conditions on its labels, and more labels with their values.
///
/// Source: <https://prometheus.io/docs/prometheus/latest/querying/basics/#time-series-selectors>
pub(crate) fn selector(
    name: &str,
    suffix: &str,
    matchers: &[(String, LabelMatch)],
    more: &[(String, String)],
) -> String {
    let more = more.iter().map(|(label, value)| one_of(label, std::slice::from_ref(value)));
    let matchers: Vec<_> = matchers.iter().map(|(label, value)| matcher(label, value)).chain(more).collect();
    let matchers = if matchers.is_empty() { String::new() } else { format!("{{{}}}", matchers.join(",")) };
    format!("{name}{suffix}{matchers}")
}

fn matcher(label: &str, value: &LabelMatch) -> String {
    match value {
        LabelMatch::OneOf(values) => one_of(label, values),
        LabelMatch::StartsWith(starts) => {
            let alternatives: Vec<_> = starts.iter().map(|start| format!("{}.*", literal(start))).collect();
            format!("{label}=~{}", quoted(&alternatives.join("|")))
        }
        LabelMatch::NoneOf(values) => {
            let alternatives: Vec<_> = values.iter().map(|value| literal(value)).collect();
            format!("{label}!~{}", quoted(&alternatives.join("|")))
        }
    }
}

fn one_of(label: &str, values: &[String]) -> String {
    match values {
        // No value matches.
        [] => format!("{label}=\"\",{label}!=\"\""),
        [value] => format!("{label}={}", quoted(value)),
        values => {
            let alternatives: Vec<_> = values.iter().map(|value| literal(value)).collect();
            format!("{label}=~{}", quoted(&alternatives.join("|")))
        }
    }
}

#[cfg(test)]
mod tests {
    use radiosonde_metrics::Registry;
    use radiosonde_metrics::model::Kind;
    use radiosonde_signals::{Match, Series};

    use super::*;
    use crate::catalogue::Selector;

    fn shown(series: impl FnOnce(Series) -> Series) -> String {
        let of = Selector::from(&series(Series::of(&Registry::new(), "jobs_total", Kind::Counter)));
        selector(&of.metric, "", &of.matchers, &[])
    }

    #[test]
    fn values_are_escaped_as_strings_and_alternatives_as_expressions() {
        assert_eq!(shown(|series| series), "jobs_total");
        let one = shown(|series| series.with("queue", "a\\b \"c\"\n\t.*").with("state", "dead"));
        assert_eq!(one, r#"jobs_total{queue="a\\b \"c\"\n\x09.*",state="dead"}"#);
        let any = shown(|series| series.with_any("queue", ["mail.v2", "a|b", "c\\", ""]));
        assert_eq!(any, r#"jobs_total{queue=~"mail\\.v2|a\\|b|c\\\\|"}"#);
    }

    #[test]
    fn a_class_of_values_and_all_but_some_are_expressions() {
        let starts = Match::StartsWith(vec!["5".to_owned(), "_err.".to_owned()]);
        assert_eq!(
            shown(|series| series.with_match("status", starts)),
            r#"jobs_total{status=~"5.*|_err\\..*"}"#
        );
        let none = Match::NoneOf(vec![String::new(), "a.b".to_owned()]);
        let none = shown(|series| series.with_match("error_type", none));
        assert_eq!(none, r#"jobs_total{error_type!~"|a\\.b"}"#);
    }

    #[test]
    fn no_value_at_all_matches_no_series() {
        let none = shown(|series| series.with_any("queue", [""; 0]));
        assert_eq!(none, r#"jobs_total{queue="",queue!=""}"#);
    }
}
