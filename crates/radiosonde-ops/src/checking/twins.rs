//! Expressions that are alike but for the conditions on their labels.

use std::collections::BTreeSet;

use promql_parser::label::{METRIC_NAME, Matcher};
use promql_parser::parser::token::{T_COUNT, T_SUM};
use promql_parser::parser::{Expr, LabelModifier, VectorSelector};

use crate::checking::inference::{bare, children, name_of, selectors};

/// The labels in whose conditions two expressions differ, if that is all in which they differ.
pub(crate) fn differing_labels(left: &Expr, right: &Expr) -> Option<BTreeSet<String>> {
    let pairs = pairs(left, right)?;
    let mut labels = BTreeSet::new();
    for (left, right) in &pairs {
        if name_of(left).is_none() || name_of(left) != name_of(right) {
            return None;
        }
        labels.extend(only_in(left, right).chain(only_in(right, left)).map(|matcher| matcher.name.clone()));
    }
    (!pairs.is_empty()).then_some(labels)
}

/// Whether the left side counts some of what the right side counts: both are sums of one metric, and the left has more conditions.
pub(crate) fn is_part_of(left: &Expr, right: &Expr) -> bool {
    let (Expr::Aggregate(part), Expr::Aggregate(_)) = (bare(left), bare(right)) else { return false };
    if !matches!(part.op.id(), T_SUM | T_COUNT) {
        return false;
    }
    let Some(pairs) = pairs(left, right) else { return false };
    pairs.len() == 1
        && pairs.iter().all(|(left, right)| {
            let (Some(part), Some(all)) = (name_of(left), name_of(right)) else { return false };
            let bucket =
                part.strip_suffix("_bucket").is_some_and(|base| all.strip_suffix("_count") == Some(base));
            let bounded = left.matchers.matchers.iter().any(|matcher| matcher.name == "le");
            (part == all || (bucket && bounded)) && only_in(right, left).next().is_none()
        })
}

fn only_in<'a>(one: &'a VectorSelector, other: &'a VectorSelector) -> impl Iterator<Item = &'a Matcher> {
    let matchers = one.matchers.matchers.iter().filter(|matcher| matcher.name != METRIC_NAME);
    matchers.filter(|matcher| !other.matchers.matchers.contains(matcher))
}

/// The selectors at the same places of two expressions that are alike otherwise.
fn pairs<'a>(left: &'a Expr, right: &'a Expr) -> Option<Vec<(&'a VectorSelector, &'a VectorSelector)>> {
    let mut open = vec![(left, right)];
    let mut pairs = Vec::new();
    while let Some((left, right)) = open.pop() {
        let (left, right) = (bare(left), bare(right));
        if !alike(left, right) {
            return None;
        }
        if let (Expr::VectorSelector(_) | Expr::MatrixSelector(_), [one], [other]) =
            (left, selectors(left).as_slice(), selectors(right).as_slice())
        {
            pairs.push((*one, *other));
        }
        let (of_left, of_right) = (children(left), children(right));
        if of_left.len() != of_right.len() {
            return None;
        }
        open.extend(of_left.into_iter().zip(of_right));
    }
    Some(pairs)
}

/// Whether two expressions are alike, apart from their parts and from conditions.
fn alike(left: &Expr, right: &Expr) -> bool {
    let time = |selector: &VectorSelector| (selector.offset.clone(), selector.at.clone());
    match (left, right) {
        (Expr::VectorSelector(left), Expr::VectorSelector(right)) => time(left) == time(right),
        (Expr::MatrixSelector(left), Expr::MatrixSelector(right)) => {
            left.range == right.range && time(&left.vs) == time(&right.vs)
        }
        (Expr::Aggregate(left), Expr::Aggregate(right)) => {
            left.op == right.op && sorted(left.modifier.as_ref()) == sorted(right.modifier.as_ref())
        }
        (Expr::Call(left), Expr::Call(right)) => left.func.name == right.func.name,
        (Expr::Binary(left), Expr::Binary(right)) => left.op == right.op && left.modifier == right.modifier,
        (Expr::Subquery(left), Expr::Subquery(right)) => {
            left.range == right.range
                && left.step == right.step
                && left.offset == right.offset
                && left.at == right.at
        }
        (Expr::Unary(_), Expr::Unary(_)) => true,
        (Expr::NumberLiteral(left), Expr::NumberLiteral(right)) => left == right,
        (Expr::StringLiteral(left), Expr::StringLiteral(right)) => left == right,
        _ => false,
    }
}

fn sorted(modifier: Option<&LabelModifier>) -> (bool, Vec<&String>) {
    // Without a modifier, all series become one: `by ()`.
    let mut labels: Vec<_> = modifier.into_iter().flat_map(|modifier| &modifier.labels().labels).collect();
    labels.sort();
    (modifier.is_none_or(LabelModifier::is_include), labels)
}
