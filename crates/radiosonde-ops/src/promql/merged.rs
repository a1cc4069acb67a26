use crate::catalogue::{LabelMatch, Selector};

/// The same series with as few selectors as possible: those that differ by the values of one label become one, so that
/// ten operations are one `operation=~"…"`.
pub(crate) fn merged(selectors: &[Selector]) -> Vec<Selector> {
    let mut all: Vec<Selector> = Vec::new();
    for selector in selectors {
        if !all.iter_mut().any(|other| join(other, selector)) {
            all.push(selector.clone());
        }
    }
    all
}

/// Adds the series of one selector to another, if together they are what one selector can say.
fn join(into: &mut Selector, other: &Selector) -> bool {
    let is_same_metric = (&into.metric, into.kind) == (&other.metric, other.kind);
    if !is_same_metric || into.matchers.len() != other.matchers.len() {
        return false;
    }
    let pairs = || into.matchers.iter().zip(&other.matchers);
    let mut differing = pairs().enumerate().filter(|(_, (one, two))| one != two).map(|(at, _)| at);
    let Some(at) = differing.next() else { return true };
    if differing.next().is_some() {
        return false;
    }
    drop(differing);
    let (Some((label, LabelMatch::OneOf(values))), Some((of, LabelMatch::OneOf(more)))) =
        (into.matchers.get_mut(at), other.matchers.get(at))
    else {
        return false;
    };
    if label != of {
        return false;
    }
    for value in more {
        if !values.contains(value) {
            values.push(value.clone());
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use radiosonde_metrics::model::Kind;

    use super::*;

    fn calls(labels: &[(&str, &str)]) -> Selector {
        let matchers = labels
            .iter()
            .map(|(label, value)| ((*label).to_owned(), LabelMatch::OneOf(vec![(*value).to_owned()])));
        Selector {
            metric: "calls_total".to_owned(),
            kind: Kind::Counter,
            matchers: matchers.collect(),
            former_names: Vec::new(),
        }
    }

    #[test]
    fn selectors_that_differ_by_one_label_become_one() {
        let all = merged(&[
            calls(&[("operation", "a")]),
            calls(&[("operation", "b")]),
            calls(&[("operation", "a")]),
        ]);
        let mut both = calls(&[("operation", "a")]);
        both.matchers =
            vec![("operation".to_owned(), LabelMatch::OneOf(vec!["a".to_owned(), "b".to_owned()]))];
        assert_eq!(all, [both]);
    }

    #[test]
    fn selectors_that_one_cannot_express_stay_apart() {
        let apart = [
            calls(&[("a", "1"), ("b", "1")]),
            calls(&[("a", "2"), ("b", "2")]),
            calls(&[("a", "1")]),
            calls(&[("c", "1")]),
        ];
        assert_eq!(merged(&apart), apart);
    }
}
