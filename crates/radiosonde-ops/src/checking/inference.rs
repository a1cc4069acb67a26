use promql_parser::label::{METRIC_NAME, MatchOp};
use promql_parser::parser::token::{
    T_BOTTOMK, T_COUNT, T_COUNT_VALUES, T_GROUP, T_LIMIT_RATIO, T_LIMITK, T_STDDEV, T_STDVAR, T_SUM, T_TOPK,
};
use promql_parser::parser::{AggregateExpr, Expr, LabelModifier, VectorSelector};

use crate::checking::diagnostic::DiagnosticCode;
use crate::checking::interval::Interval;
use crate::checking::known_series::{Found, KnownSeries};
use crate::checking::label_set::LabelSet;
use crate::checking::label_values::LabelValues;
use crate::checking::shape::{Measure, Shape};
use crate::checking::variables::VARIABLE;

/// A defect within one query.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Defect {
    pub(crate) code: DiagnosticCode,
    pub(crate) message: String,
    pub(crate) fix: Option<String>,
    /// A part of the query's text that is near the defect.
    pub(crate) near: String,
}

/// Finds the shape of a query from the inside out, and the defects on the way.
pub(crate) struct Inference<'a> {
    pub(crate) known: &'a KnownSeries,
    root: String,
    pub(crate) defects: Vec<Defect>,
}

impl<'a> Inference<'a> {
    pub(crate) fn of(known: &'a KnownSeries, root: &Expr) -> Self {
        Self { known, root: root.to_string(), defects: Vec::new() }
    }

    /// The shape of an expression whose defects were reported already.
    pub(crate) fn quietly(known: &'a KnownSeries, expr: &Expr) -> Shape {
        Self { known, root: String::new(), defects: Vec::new() }.shape(expr)
    }

    /// Reports a defect of a part of the query; `fixed` is the corrected part.
    pub(crate) fn report(&mut self, code: DiagnosticCode, part: &str, fixed: Option<&str>, message: String) {
        let fix = fixed.map(|fixed| self.root.replacen(part, fixed, 1)).filter(|fix| *fix != self.root);
        let end =
            part.find(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != ':').unwrap_or(part.len());
        let near = part.get(..end).unwrap_or_default().to_owned();
        // Both sides of an operator may have the same defect.
        if !self.defects.iter().any(|defect| defect.code == code && defect.message == message) {
            self.defects.push(Defect { code, message, fix, near });
        }
    }

    pub(crate) fn shape(&mut self, expr: &Expr) -> Shape {
        match expr {
            Expr::NumberLiteral(number) => Shape::scalar(Interval::exactly(number.val)),
            Expr::StringLiteral(_) => Shape::scalar(Interval::ANY),
            Expr::Paren(paren) => self.shape(&paren.expr),
            Expr::Unary(unary) => self.negated(&unary.expr),
            Expr::VectorSelector(selector) => self.selector(selector),
            Expr::MatrixSelector(matrix) => self.selector(&matrix.vs),
            Expr::Subquery(subquery) => self.shape(&subquery.expr),
            Expr::Aggregate(aggregate) => self.aggregate(aggregate),
            Expr::Call(call) => self.call(call),
            Expr::Binary(binary) => self.binary(binary),
            Expr::Extension(_) => Shape::unknown(),
        }
    }

    fn negated(&mut self, expr: &Expr) -> Shape {
        let shape = self.shape(expr);
        let values = Interval::new(-shape.values.high, -shape.values.low);
        shape.with_values(values)
    }

    fn selector(&mut self, selector: &VectorSelector) -> Shape {
        let Some(name) = name_of(selector) else { return Shape::unknown() };
        let known = self.known;
        let mut shape = match known.find(name) {
            Found::Series(shape) => shape.clone(),
            Found::External => external(name),
            Found::Former(current, shape) => {
                if !self.root.contains(current) {
                    let message = format!("`{name}` is a former name; expected `{current}`");
                    self.report(DiagnosticCode::MetricRenamed, name, Some(current), message);
                }
                shape.clone()
            }
            Found::Missing(expected, fix) => {
                let message = format!("the metric `{name}` is {expected}");
                self.report(DiagnosticCode::MetricMissing, name, fix.as_deref(), message);
                return external(name);
            }
        };
        for matcher in selector.matchers.matchers.iter().filter(|matcher| matcher.name != METRIC_NAME) {
            self.matcher(name, &shape, matcher);
            let narrowed = shape.labels.get(&matcher.name).narrowed(matcher);
            // A condition without an effect was reported, and nothing follows from it.
            if narrowed != LabelValues::default() {
                shape.labels.insert(matcher.name.clone(), narrowed);
            }
        }
        shape
    }

    fn aggregate(&mut self, aggregate: &AggregateExpr) -> Shape {
        if let Some(param) = &aggregate.param {
            self.shape(param);
        }
        let inner = self.shape(&aggregate.expr);
        let labels = self.aggregated_labels(aggregate, &inner);
        let op = aggregate.op.id();
        let values = match op {
            T_SUM if inner.values.low >= 0.0 => Interval::new(inner.values.low, f64::INFINITY),
            T_SUM => Interval::ANY,
            T_COUNT | T_COUNT_VALUES => Interval::new(1.0, f64::INFINITY),
            T_GROUP => Interval::exactly(1.0),
            T_STDDEV | T_STDVAR => Interval::POSITIVE,
            _ => inner.values,
        };
        let counts = matches!(op, T_COUNT | T_COUNT_VALUES | T_GROUP | T_STDDEV | T_STDVAR);
        let measure = if counts { Measure::Unknown } else { inner.measure };
        Shape { labels, values, measure, scalar: false, buckets: inner.buckets.filter(|_| !counts) }
    }

    fn aggregated_labels(&mut self, aggregate: &AggregateExpr, inner: &Shape) -> LabelSet {
        let op = aggregate.op.id();
        if matches!(op, T_TOPK | T_BOTTOMK | T_LIMITK | T_LIMIT_RATIO) {
            return inner.labels.clone();
        }
        let mut labels = match &aggregate.modifier {
            None => LabelSet::none(),
            Some(LabelModifier::Exclude(labels)) => inner.labels.clone().without(&labels.labels),
            Some(LabelModifier::Include(by)) if by.labels.iter().any(|label| label == VARIABLE) => {
                LabelSet::open()
            }
            Some(LabelModifier::Include(by)) => {
                let mut kept = inner.labels.only(&by.labels);
                for label in by.labels.iter().filter(|label| !inner.labels.can_have(label)) {
                    self.missing_group(label, inner, aggregate);
                    // It was reported; that it is missing from the result too would be no news.
                    kept.insert(label.clone(), LabelValues::anything());
                }
                kept
            }
        };
        if let (T_COUNT_VALUES, Some(Expr::StringLiteral(label))) = (op, aggregate.param.as_deref()) {
            labels.insert(label.val.clone(), LabelValues::present());
        }
        labels
    }

    fn missing_group(&mut self, label: &str, inner: &Shape, aggregate: &AggregateExpr) {
        let message =
            format!("by `{label}`, which the series do not have; they have {}", inner.labels.shown());
        let part = aggregate.to_string();
        self.report(DiagnosticCode::LabelMissing, &part, None, message);
        if let (Some(defect), Some(name)) = (self.defects.last_mut(), metric_names(&aggregate.expr).first()) {
            defect.near.clone_from(name);
        }
    }
}

/// What a name alone suggests.
fn external(name: &str) -> Shape {
    let counts = ["_total", "_count", "_bucket"].iter().any(|suffix| name.ends_with(suffix));
    let values = if counts { Interval::POSITIVE } else { Interval::ANY };
    Shape { values, ..Shape::unknown() }
}

/// The metric's name, unless a regular expression or alternatives stand for it.
pub(crate) fn name_of(selector: &VectorSelector) -> Option<&str> {
    if !selector.matchers.or_matchers.is_empty() {
        return None;
    }
    let mut named = selector.matchers.matchers.iter().filter(|matcher| matcher.name == METRIC_NAME);
    let matched = || named.find(|matcher| matcher.op == MatchOp::Equal).map(|matcher| matcher.value.as_str());
    selector.name.as_deref().or_else(matched)
}

/// The parts of which an expression is made, each but itself.
pub(crate) fn children(expr: &Expr) -> Vec<&Expr> {
    match expr {
        Expr::Paren(paren) => vec![&paren.expr],
        Expr::Unary(unary) => vec![&unary.expr],
        Expr::Subquery(subquery) => vec![&subquery.expr],
        Expr::Aggregate(aggregate) => {
            aggregate.param.as_deref().into_iter().chain([&*aggregate.expr]).collect()
        }
        Expr::Call(call) => call.args.args.iter().map(|arg| &**arg).collect(),
        Expr::Binary(binary) => vec![&binary.lhs, &binary.rhs],
        _ => Vec::new(),
    }
}

/// The selectors in an expression.
pub(crate) fn selectors(expr: &Expr) -> Vec<&VectorSelector> {
    let mut found = Vec::new();
    let mut open = vec![expr];
    while let Some(expr) = open.pop() {
        match expr {
            Expr::VectorSelector(selector) => found.push(selector),
            Expr::MatrixSelector(matrix) => found.push(&matrix.vs),
            _ => open.extend(children(expr).into_iter().rev()),
        }
    }
    found
}

pub(crate) fn metric_names(expr: &Expr) -> Vec<String> {
    selectors(expr).into_iter().filter_map(name_of).map(str::to_owned).collect()
}

/// The expression without parentheses around it.
pub(crate) fn bare(mut expr: &Expr) -> &Expr {
    while let Expr::Paren(paren) = expr {
        expr = &paren.expr;
    }
    expr
}
