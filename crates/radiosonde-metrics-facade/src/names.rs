//! Converts names of the facade, which are any text, to names of Prometheus.

use radiosonde_metrics::model::{Kind, LabelSet, MAX_VALUE_BYTES, OVERFLOW, check_label_name};

/// Converts a metric's name. `_` replaces every character that Prometheus does not accept, precedes a leading digit, and
/// stands for an empty name. A counter's name gets the suffix `_total`.
pub(crate) fn metric(kind: Kind, name: &str) -> String {
    let mut legal = sanitised(name, |c| c == ':');
    if kind == Kind::Counter && legal.strip_suffix("_total").is_none_or(str::is_empty) {
        legal.push_str("_total");
    }
    legal
}

/// Converts the labels of a metric of this kind; the flag is set if two of them get the same name, of which the first is kept.
///
/// Names are converted like a metric's; those reserved by Prometheus get the prefix `exported_`. A label with an empty value
/// is dropped, and a value that is too long becomes `_overflow`.
pub(crate) fn labels<'a>(kind: Kind, labels: impl Iterator<Item = (&'a str, &'a str)>) -> (LabelSet, bool) {
    let bounded = |value| if is_long(value) { OVERFLOW } else { value };
    let labels = labels.filter(|(_, value)| !value.is_empty()).map(|(name, value)| (name, bounded(value)));
    let legal: Vec<_> = labels.map(|(name, value)| (label(kind, name), value)).collect();
    let collide =
        legal.iter().enumerate().any(|(at, (name, _))| legal[..at].iter().any(|(other, _)| other == name));
    (LabelSet::new(legal.iter().map(|(name, value)| (name.as_str(), *value))), collide)
}

/// Whether a label's value exceeds the limit.
pub(crate) const fn is_long(value: &str) -> bool {
    value.len() > MAX_VALUE_BYTES
}

fn label(kind: Kind, name: &str) -> String {
    let legal = sanitised(name, |_| false);
    if check_label_name(kind, &legal).is_ok() { legal } else { format!("exported_{legal}") }
}

fn sanitised(name: &str, also: fn(char) -> bool) -> String {
    let digit_first = name.chars().next().is_none_or(|first| first.is_ascii_digit());
    let legal = name.chars().map(|c| if c.is_ascii_alphanumeric() || also(c) { c } else { '_' });
    digit_first.then_some('_').into_iter().chain(legal).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use radiosonde_metrics::model::check_metric_name;

    #[test]
    fn names_become_legal_and_counters_end_in_total() {
        for (kind, name, legal) in [
            (Kind::Counter, "requests", "requests_total"),
            (Kind::Counter, "requests.total", "requests_total"),
            (Kind::Counter, "total", "total_total"),
            (Kind::Counter, ".total", "_total_total"),
            (Kind::Gauge, "http.pool-size é", "http_pool_size__"),
            (Kind::Gauge, "2xx", "_2xx"),
            (Kind::Gauge, "", "_"),
            (Kind::Gauge, "job:up", "job:up"),
        ] {
            assert_eq!(metric(kind, name), legal);
        }
    }

    #[test]
    fn labels_become_legal_and_the_first_of_two_stays() {
        let of = |kind, pairs: &[(&str, &str)]| {
            let (labels, collide) = labels(kind, pairs.iter().copied());
            (labels.as_str().to_owned(), collide)
        };
        assert_eq!(of(Kind::Gauge, &[("b.c", "1"), ("a", ""), ("b_c", "2")]), ("b_c=\"1\"".into(), true));
        assert_eq!(of(Kind::Histogram, &[("le", "1")]), ("exported_le=\"1\"".into(), false));
        assert_eq!(of(Kind::Gauge, &[("le", "1")]), ("le=\"1\"".into(), false));
        assert_eq!(of(Kind::Gauge, &[("__name__", "x")]), ("exported___name__=\"x\"".into(), false));
    }

    proptest! {
        #[test]
        fn any_name_becomes_a_legal_one(name in ".{0,12}") {
            for kind in [Kind::Counter, Kind::Gauge, Kind::Histogram] {
                prop_assert!(check_metric_name(&metric(kind, &name)).is_ok());
                prop_assert!(check_label_name(kind, &label(kind, &name)).is_ok());
            }
        }
    }
}
