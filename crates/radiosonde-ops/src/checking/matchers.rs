use promql_parser::label::{MatchOp, Matcher};

use crate::checking::diagnostic::DiagnosticCode;
use crate::checking::inference::Inference;
use crate::checking::label_values::literals;
use crate::checking::nearest::nearest;
use crate::checking::shape::Shape;
use crate::checking::variables::VARIABLE;

impl Inference<'_> {
    /// Checks a condition on a label of a metric's series.
    pub(crate) fn matcher(&mut self, metric: &str, shape: &Shape, matcher: &Matcher) {
        let label = &matcher.name;
        let values = shape.labels.get(label);
        if label.contains(VARIABLE) || values.known().is_none() {
            return;
        }
        if values.is_absent() {
            self.missing_label(metric, shape, matcher);
            return;
        }
        if matcher.value.contains(VARIABLE) {
            return;
        }
        let known: Vec<_> = values.known().into_iter().flatten().map(String::as_str).collect();
        let matched = known.iter().filter(|value| matcher.is_match(value)).count();
        let negative = matches!(matcher.op, MatchOp::NotEqual | MatchOp::NotRe(_));
        if matched == 0 && is_bound(label) && !negative {
            self.missing_bound(metric, shape, matcher);
        } else if matched == 0 {
            let message = format!("`{matcher}` of `{metric}` never matches; expected {}", values.shown());
            let near = literals(&matcher.value).and_then(|all| nearest(all.first()?, known.iter().copied()));
            let fixed = near.map(|near| Matcher::new(matcher.op.clone(), label, near).to_string());
            self.report_matcher(DiagnosticCode::LabelValue, metric, matcher, fixed.as_deref(), message);
        } else if negative && matched == known.len() && matcher.is_match("") {
            let message =
                format!("`{matcher}` of `{metric}` excludes nothing: the values are {}", values.shown());
            self.report_matcher(DiagnosticCode::LabelValue, metric, matcher, None, message);
        } else if let (MatchOp::Re(_), Some(alternatives)) = (&matcher.op, literals(&matcher.value)) {
            let unknown = |value: &&String| !value.is_empty() && !known.contains(&value.as_str());
            if let Some(value) = alternatives.iter().find(unknown).filter(|_| !is_bound(label)) {
                let message =
                    format!("`{label}` of `{metric}` is never {value:?}; expected {}", values.shown());
                self.report_matcher(DiagnosticCode::LabelValue, metric, matcher, None, message);
            }
        }
    }

    fn report_matcher(
        &mut self,
        code: DiagnosticCode,
        metric: &str,
        matcher: &Matcher,
        fixed: Option<&str>,
        message: String,
    ) {
        self.report(code, &matcher.to_string(), fixed, message);
        if let Some(defect) = self.defects.last_mut() {
            metric.clone_into(&mut defect.near);
        }
    }

    fn missing_label(&mut self, metric: &str, shape: &Shape, matcher: &Matcher) {
        if matches!(matcher.op, MatchOp::Equal) && matcher.value.is_empty() {
            return;
        }
        let effect = if matcher.is_match("") { "has no effect" } else { "matches nothing" };
        let label = &matcher.name;
        let message = format!(
            "`{matcher}` {effect}: `{metric}` has no label `{label}`; expected {}",
            shape.labels.shown()
        );
        let near = nearest(label, shape.labels.names());
        let fixed = near.map(|near| Matcher::new(matcher.op.clone(), near, &matcher.value).to_string());
        self.report_matcher(DiagnosticCode::LabelMissing, metric, matcher, fixed.as_deref(), message);
    }

    fn missing_bound(&mut self, metric: &str, shape: &Shape, matcher: &Matcher) {
        let Some(bounds) = &shape.buckets else { return };
        let shown: Vec<_> = bounds.iter().map(|bound| format!("{bound}")).collect();
        let message =
            format!("`{matcher}` is not a bucket of `{metric}`; expected one of {}", shown.join(", "));
        let wanted = matcher.value.parse::<f64>().ok();
        let near = wanted.and_then(|wanted| {
            let far = |bound: &&f64| (**bound - wanted).abs();
            bounds.iter().min_by(|a, b| far(a).total_cmp(&far(b)))
        });
        let fixed = near.map(|near| {
            if near.fract() == 0.0 { format!("le=~\"{near}(\\\\.0)?\"") } else { format!("le=\"{near}\"") }
        });
        self.report_matcher(DiagnosticCode::LeNotABucket, metric, matcher, fixed.as_deref(), message);
    }
}

fn is_bound(label: &str) -> bool {
    label == "le"
}
