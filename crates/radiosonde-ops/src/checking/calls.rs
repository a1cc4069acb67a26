use promql_parser::parser::{Call, Expr};

use crate::checking::diagnostic::DiagnosticCode;
use crate::checking::inference::{Inference, bare, metric_names};
use crate::checking::interval::Interval;
use crate::checking::label_set::LabelSet;
use crate::checking::label_values::LabelValues;
use crate::checking::shape::{Measure, Shape};

impl Inference<'_> {
    pub(crate) fn call(&mut self, call: &Call) -> Shape {
        let shapes: Vec<_> = call.args.args.iter().map(|arg| self.shape(arg)).collect();
        let last = || shapes.last().cloned().unwrap_or_else(Shape::unknown);
        let first = || shapes.first().cloned().unwrap_or_else(Shape::unknown);
        let positive = |shape: Shape| shape.with_values(Interval::POSITIVE);
        match call.func.name {
            "rate" | "irate" | "increase" => self.growth(call, first()),
            "delta" | "idelta" | "deriv" | "predict_linear" => self.change(call, first()),
            "histogram_quantile" => self.quantile(call, last()),
            "absent" | "absent_over_time" => absent(call),
            "vector" => Shape { scalar: false, ..first() },
            "scalar" => Shape::scalar(first().values),
            "time" => Shape::scalar(Interval::POSITIVE),
            "pi" => Shape::scalar(Interval::exactly(std::f64::consts::PI)),
            "label_replace" | "label_join" => relabelled(call, first()),
            "info" => Shape { labels: LabelSet::open(), ..first() },
            "count_over_time" | "present_over_time" => first().with_values(Interval::new(1.0, f64::INFINITY)),
            "changes" | "resets" | "abs" | "timestamp" | "stddev_over_time" | "stdvar_over_time" => {
                positive(first())
            }
            "sum_over_time" if first().values.low >= 0.0 => positive(first()),
            "avg_over_time" | "min_over_time" | "max_over_time" | "last_over_time" | "sort" | "sort_desc"
            | "sort_by_label" | "sort_by_label_desc" => first(),
            "quantile_over_time" => last(),
            "clamp_max" | "clamp_min" | "clamp" => clamped(call.func.name, &shapes),
            "histogram_fraction" => last().with_values(Interval::SHARE),
            _ if shapes.is_empty() => Shape::unknown(),
            _ => first().with_values(Interval::ANY),
        }
    }

    fn growth(&mut self, call: &Call, inner: Shape) -> Shape {
        let function = call.func.name;
        if matches!(inner.measure, Measure::Gauge | Measure::PerSecond) {
            let part = call.to_string();
            let other = if function == "increase" { "delta" } else { "deriv" };
            let fixed = part.replacen(function, other, 1);
            let names = metric_names_of(call);
            let message =
                format!("`{function}` of {names}, which can go down; expected a counter, or `{other}`");
            self.report(DiagnosticCode::RateOfGauge, &part, Some(&fixed), message);
        }
        let seconds = metric_names_of(call).contains("_seconds");
        let per_second = function != "increase" && inner.measure != Measure::Gauge && !seconds;
        let measure = if per_second { Measure::PerSecond } else { Measure::Unknown };
        Shape { values: Interval::POSITIVE, measure, ..inner }
    }

    fn change(&mut self, call: &Call, inner: Shape) -> Shape {
        let function = call.func.name;
        if inner.measure == Measure::Counter {
            let part = call.to_string();
            let (of, other) = (metric_names_of(call), if function == "delta" { "increase" } else { "rate" });
            let fixed = (function != "predict_linear").then(|| part.replacen(function, other, 1));
            let message =
                format!("`{function}` of {of}, a counter that restarts at 0; expected a gauge, or `{other}`");
            self.report(DiagnosticCode::DeltaOfCounter, &part, fixed.as_deref(), message);
        }
        inner.with_values(Interval::ANY)
    }

    fn quantile(&mut self, call: &Call, inner: Shape) -> Shape {
        let classic =
            call.args.args.iter().any(|arg| metric_names(arg).iter().any(|name| name.ends_with("_bucket")));
        if classic && !inner.labels.can_have("le") {
            self.without_le(call);
        } else if classic && !inner.labels.is_open() {
            self.per_series(call, &inner);
        }
        let values = inner.buckets.as_ref().and_then(|bounds| {
            let (first, last) = (bounds.first()?, bounds.last()?);
            Some(Interval::new(if *first > 0.0 { 0.0 } else { f64::NEG_INFINITY }, *last))
        });
        let mut shape = inner.with_values(values.unwrap_or(Interval::ANY));
        shape.labels.remove("le");
        shape
    }

    fn without_le(&mut self, call: &Call) {
        let part = call.to_string();
        let fixed = if part.contains(" by (") {
            part.replacen(" by (", " by (le, ", 1)
        } else {
            part.replacen("sum(", "sum by (le) (", 1)
        };
        let message = "a quantile of buckets without the label `le`; expected `sum by (le) (…)`".to_owned();
        self.report(DiagnosticCode::QuantileWithoutLe, &part, Some(&fixed), message);
    }

    /// A quantile of rates that were not summed.
    fn per_series(&mut self, call: &Call, inner: &Shape) {
        let Some(arg) = call.args.args.last() else { return };
        let rates =
            matches!(bare(arg), Expr::Call(rate) if matches!(rate.func.name, "rate" | "irate" | "increase"));
        let apart = |label: &&str| {
            *label != "le" && !self.known.is_target_label(label) && !inner.labels.get(label).is_single()
        };
        let apart: Vec<_> = inner.labels.names().filter(apart).map(str::to_owned).collect();
        if !rates || apart.is_empty() {
            return;
        }
        let part = arg.to_string();
        let fixed = format!("sum by (le) ({part})");
        let message = format!(
            "a quantile for each {} and instance; expected `sum by (le) (…)`, with the labels that are meant",
            apart.join(", ")
        );
        self.report(DiagnosticCode::QuantilePerSeries, &part, Some(&fixed), message);
    }
}

fn metric_names_of(call: &Call) -> String {
    let names = call.args.args.iter().flat_map(|arg| metric_names(arg));
    names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// One series with the labels that are compared for equality, or none.
fn absent(call: &Call) -> Shape {
    use promql_parser::label::{METRIC_NAME, MatchOp};

    let mut shape = Shape { labels: LabelSet::none(), values: Interval::exactly(1.0), ..Shape::unknown() };
    let selector = match call.args.args.first().map(|arg| bare(arg)) {
        Some(Expr::VectorSelector(selector)) => selector,
        Some(Expr::MatrixSelector(matrix)) => &matrix.vs,
        _ => return shape,
    };
    let equal = selector.matchers.matchers.iter().filter(|matcher| matcher.op == MatchOp::Equal);
    for matcher in equal.filter(|matcher| matcher.name != METRIC_NAME) {
        shape.labels.insert(matcher.name.clone(), LabelValues::of([matcher.value.clone()]));
    }
    shape
}

/// `label_replace` and `label_join` write the label that their second argument names.
fn relabelled(call: &Call, mut shape: Shape) -> Shape {
    match call.args.args.get(1).map(|arg| bare(arg)) {
        Some(Expr::StringLiteral(label)) => shape.labels.insert(label.val.clone(), LabelValues::anything()),
        _ => shape.labels = LabelSet::open(),
    }
    shape
}

fn clamped(function: &str, shapes: &[Shape]) -> Shape {
    let Some(of) = shapes.first() else { return Shape::unknown() };
    let bound = |at: usize| shapes.get(at).map_or(Interval::ANY, |shape| shape.values);
    let Interval { low, high } = of.values;
    let values = match function {
        "clamp_min" => Interval::new(low.max(bound(1).low), high.max(bound(1).high)),
        "clamp_max" => Interval::new(low.min(bound(1).low), high.min(bound(1).high)),
        _ => Interval::new(low.max(bound(1).low), high.min(bound(2).high)),
    };
    let usable = if values.low <= values.high { values } else { Interval::ANY };
    of.clone().with_values(usable)
}
