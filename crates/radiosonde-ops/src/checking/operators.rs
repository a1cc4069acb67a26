use promql_parser::parser::token::{T_DIV, T_LAND, T_LOR, T_LUNLESS, TokenId};
use promql_parser::parser::{BinaryExpr, Expr, LabelModifier, VectorMatchCardinality, VectorMatchFillValues};

use crate::checking::diagnostic::DiagnosticCode;
use crate::checking::inference::{Inference, bare, metric_names};
use crate::checking::interval::Interval;
use crate::checking::label_set::LabelSet;
use crate::checking::label_values::LabelValues;
use crate::checking::shape::{Measure, Shape};
use crate::checking::twins::{differing_labels, is_part_of};
use crate::checking::variables::VARIABLE;

impl Inference<'_> {
    pub(crate) fn binary(&mut self, binary: &BinaryExpr) -> Shape {
        let left = self.shape(&binary.lhs);
        let right = self.shape(&binary.rhs);
        let series = !left.scalar && !right.scalar;
        if series {
            self.operands(binary, &left, &right);
        }
        let labels = if series {
            result_labels(binary, &left.labels, &right.labels)
        } else if left.scalar {
            right.labels.clone()
        } else {
            left.labels.clone()
        };
        let scalar = left.scalar && right.scalar;
        let of = |values, measure| Shape { labels: labels.clone(), values, measure, scalar, buckets: None };
        match binary.op.id() {
            T_LOR => {
                let measure = if left.measure == right.measure { left.measure } else { Measure::Unknown };
                let buckets = left.buckets.filter(|bounds| right.buckets.as_ref() == Some(bounds));
                Shape { buckets, ..of(left.values.hull(right.values), measure) }
            }
            T_LAND | T_LUNLESS => Shape { buckets: left.buckets.clone(), ..of(left.values, left.measure) },
            op if binary.op.is_comparison_operator() => {
                self.comparison(binary, op, &left, &right);
                if binary.return_bool() {
                    return of(Interval::SHARE, Measure::Unknown);
                }
                // A number on the left filters the series on the right.
                let kept = if left.scalar { right } else { left.clone() };
                let filtered = left.values.filtered(op, if scalar { Interval::ANY } else { kept.values });
                let values = if left.scalar || series { kept.values } else { filtered };
                Shape { buckets: kept.buckets, ..of(values, kept.measure) }
            }
            op => self.arithmetic(binary, op, &left, &right, of),
        }
    }

    fn arithmetic(
        &mut self,
        binary: &BinaryExpr,
        op: TokenId,
        left: &Shape,
        right: &Shape,
        of: impl Fn(Interval, Measure) -> Shape,
    ) -> Shape {
        let values = left.values.arithmetic(op, right.values);
        let share = op == T_DIV && left.values.low >= 0.0 && is_part_of(&binary.lhs, &binary.rhs);
        of(if share { Interval::SHARE } else { values }, Measure::Unknown)
    }

    fn comparison(&mut self, binary: &BinaryExpr, op: TokenId, left: &Shape, right: &Shape) {
        if left.scalar && right.scalar || left.values.can(op, right.values) {
            return;
        }
        let part = binary.to_string();
        let range = |shape: &Shape| match (shape.values.low, shape.values.high) {
            (low, high) if low >= high => format!("{low}"),
            (low, high) => format!("between {low} and {high}"),
        };
        let percent = right
            .values
            .single()
            .filter(|value| left.values == Interval::SHARE && *value > 1.0 && *value <= 100.0)
            .filter(|_| {
                matches!((bare(&binary.lhs), bare(&binary.rhs)), (Expr::Binary(_), Expr::NumberLiteral(_)))
            });
        let fixed = percent.map(|value| format!("{} {} {}", binary.lhs, binary.op, value / 100.0));
        let message = format!(
            "`{}` is never true: the left side is {}, the right side {}",
            binary.op,
            range(left),
            range(right)
        );
        self.report(DiagnosticCode::UnreachableThreshold, &part, fixed.as_deref(), message);
        self.near_metric(binary);
    }

    fn near_metric(&mut self, binary: &BinaryExpr) {
        let names = metric_names(&binary.lhs).into_iter().chain(metric_names(&binary.rhs));
        if let (Some(defect), Some(name)) = (self.defects.last_mut(), names.into_iter().next()) {
            defect.near = name;
        }
    }

    /// Whether series of both sides can have the same labels, and whether they are different series.
    fn operands(&mut self, binary: &BinaryExpr, left: &Shape, right: &Shape) {
        let op = binary.op.id();
        // `fill` gives values to series without a partner.
        let filled = |fill: &VectorMatchFillValues| fill.lhs.is_some() || fill.rhs.is_some();
        if op == T_LOR || binary.modifier.as_ref().is_some_and(|modifier| filled(&modifier.fill_values)) {
            return;
        }
        let modifier = binary.modifier.as_ref().and_then(|modifier| modifier.matching.as_ref());
        let matched = matched_labels(modifier, &left.labels, &right.labels);
        if let Some(LabelModifier::Include(on)) = modifier {
            let missing = |label: &&String| !left.labels.can_have(label) && !right.labels.can_have(label);
            if let Some(label) = on.labels.iter().find(missing).filter(|label| *label != VARIABLE) {
                let message = format!("on `{label}`, which the series of neither side have");
                self.report(DiagnosticCode::LabelMissing, &binary.to_string(), None, message);
                self.near_metric(binary);
            }
        }
        self.included_labels(binary, left, right);
        if op == T_DIV && self.divided_by_itself(binary, modifier, left, right) {
            return;
        }
        let apart = |label: &&String| !left.labels.get(label).intersects(&right.labels.get(label));
        let apart: Vec<_> = matched.iter().filter(apart).collect();
        if !apart.is_empty() {
            self.never_match(binary, &apart, left, right);
        }
    }

    /// The labels that `group_left` and `group_right` copy.
    fn included_labels(&mut self, binary: &BinaryExpr, left: &Shape, right: &Shape) {
        let (included, one) = match binary.modifier.as_ref().map(|modifier| &modifier.card) {
            Some(VectorMatchCardinality::ManyToOne(included)) => (included, right),
            Some(VectorMatchCardinality::OneToMany(included)) => (included, left),
            _ => return,
        };
        let missing = |label: &&String| !one.labels.can_have(label) && *label != VARIABLE;
        if let Some(label) = included.labels.iter().find(missing) {
            let message = format!(
                "`{label}` is copied from series that do not have it; they have {}",
                one.labels.shown()
            );
            self.report(DiagnosticCode::LabelMissing, &binary.to_string(), None, message);
            self.near_metric(binary);
        }
    }

    fn never_match(&mut self, binary: &BinaryExpr, apart: &[&String], left: &Shape, right: &Shape) {
        let Some(label) = apart.first() else { return };
        let side = |values: &LabelValues| match values.known() {
            _ if values.is_absent() => "is missing".to_owned(),
            Some(_) => format!("is {}", values.shown()),
            None => "has any value".to_owned(),
        };
        let (on_left, on_right) = (left.labels.get(label), right.labels.get(label));
        let message = format!(
            "the sides of `{}` never match: `{label}` {} on the left and {} on the right",
            binary.op,
            side(&on_left),
            side(&on_right)
        );
        let labels: Vec<_> = apart.iter().map(|label| label.as_str()).collect();
        let group = match (on_left.is_absent(), on_right.is_absent()) {
            (false, true) => " group_left ()",
            (true, false) => " group_right ()",
            _ => "",
        };
        let group = if binary.op.is_set_operator() { "" } else { group };
        let fixed = binary.modifier.as_ref().is_none_or(|modifier| modifier.matching.is_none()).then(|| {
            format!("{} {} ignoring ({}){group} {}", binary.lhs, binary.op, labels.join(", "), binary.rhs)
        });
        self.report(DiagnosticCode::OperandsNeverMatch, &binary.to_string(), fixed.as_deref(), message);
        self.near_metric(binary);
    }

    /// Two selections of one metric that are matched on every label in which they differ.
    fn divided_by_itself(
        &mut self,
        binary: &BinaryExpr,
        modifier: Option<&LabelModifier>,
        left: &Shape,
        right: &Shape,
    ) -> bool {
        let Some(differing) = differing_labels(&binary.lhs, &binary.rhs) else { return false };
        let matched = |label: &String| match modifier {
            Some(LabelModifier::Include(on)) => on.labels.contains(label),
            Some(LabelModifier::Exclude(ignored)) => !ignored.labels.contains(label),
            None => true,
        };
        let kept = |label: &String| {
            left.labels.can_have(label) && left.labels.get(label).intersects(&right.labels.get(label))
        };
        if !differing.iter().all(|label| matched(label) && kept(label)) {
            return false;
        }
        let part = binary.to_string();
        let sum = |side: &Expr| format!("sum({})", bare(side));
        let fixed = (!differing.is_empty()).then(|| format!("{} / {}", sum(&binary.lhs), sum(&binary.rhs)));
        let message = match differing.first() {
            Some(label) => format!(
                "each series is divided by itself, since both sides have `{label}`; expected `sum(…) / sum(…)`"
            ),
            None => "divided by itself; expected another divisor".to_owned(),
        };
        self.report(DiagnosticCode::DividedByItself, &part, fixed.as_deref(), message);
        self.near_metric(binary);
        true
    }
}

fn matched_labels(modifier: Option<&LabelModifier>, left: &LabelSet, right: &LabelSet) -> Vec<String> {
    if let Some(LabelModifier::Include(on)) = modifier {
        return on.labels.iter().filter(|label| *label != VARIABLE).cloned().collect();
    }
    let ignored = modifier.map(|ignored| ignored.labels().labels.as_slice()).unwrap_or_default();
    let mut labels: Vec<_> = left.names().chain(right.names()).map(str::to_owned).collect();
    labels.sort();
    labels.dedup();
    labels.retain(|label| !ignored.contains(label));
    labels
}

/// The labels of the result of an operator between series.
fn result_labels(binary: &BinaryExpr, left: &LabelSet, right: &LabelSet) -> LabelSet {
    match binary.op.id() {
        T_LOR => return left.union(right),
        T_LAND | T_LUNLESS => return left.clone(),
        _ => {}
    }
    let Some(modifier) = &binary.modifier else { return left.clone() };
    let grouped = |many: &LabelSet, one: &LabelSet, included: &[String]| {
        let mut labels = many.clone();
        for label in included {
            labels.insert(label.clone(), one.get(label));
        }
        labels
    };
    match (&modifier.card, &modifier.matching) {
        (VectorMatchCardinality::ManyToOne(included), _) => grouped(left, right, &included.labels),
        (VectorMatchCardinality::OneToMany(included), _) => grouped(right, left, &included.labels),
        (_, Some(LabelModifier::Include(on))) => left.only(&on.labels),
        (_, Some(LabelModifier::Exclude(ignored))) => left.clone().without(&ignored.labels),
        _ => left.clone(),
    }
}
