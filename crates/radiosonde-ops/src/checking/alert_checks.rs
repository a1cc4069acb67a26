use promql_parser::parser::token::{T_GTE, T_GTR, T_LAND, T_LOR, T_LSS, T_LTE, T_LUNLESS, T_NEQ, TokenId};
use promql_parser::parser::{BinaryExpr, Expr};

use crate::checking::diagnostic::DiagnosticCode;
use crate::checking::inference::{Inference, bare, selectors};
use crate::checking::shape::{Measure, Shape};

/// Words that stand for a share in names and annotations.
const SHARES: [&str; 6] = ["percent", "ratio", "share of", "errorrate", "error rate", "failure rate"];

/// Whether a word stands for itself, or ends a name such as `HighErrorRatio`: `duration` and `percentile` are others.
fn has_word(texts: &str, word: &str) -> bool {
    texts.match_indices(word).any(|(at, _)| {
        let before = texts[..at].chars().next_back();
        let after = texts[at + word.len()..].chars().next();
        let is_inside = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        !is_inside(after)
            && (!is_inside(before)
                || ["errorratio", "errorrate"].iter().any(|name| texts[..at + word.len()].ends_with(name)))
    })
}

impl Inference<'_> {
    /// Checks what an alert compares; `texts` are its name and annotations.
    pub(crate) fn alert(&mut self, expr: &Expr, texts: &str) {
        for binary in comparisons(expr) {
            let number = |side: &Expr| Inference::quietly(self.known, side);
            let (left, right) = (number(&binary.lhs), number(&binary.rhs));
            let (side, shape, op, threshold) = match (left.values.single(), right.values.single()) {
                (None, Some(threshold)) if right.scalar => (&binary.lhs, left, binary.op.id(), threshold),
                (Some(threshold), None) if left.scalar => {
                    (&binary.rhs, right, mirrored(binary.op.id()), threshold)
                }
                _ => continue,
            };
            self.counter_above(binary, side, &shape, op, threshold);
            self.rate_as_share(side, binary, &shape, op, threshold, texts);
            self.rate_per_series(side, &shape, op, threshold);
        }
    }

    fn counter_above(
        &mut self,
        binary: &BinaryExpr,
        side: &Expr,
        shape: &Shape,
        op: TokenId,
        threshold: f64,
    ) {
        let grows = shape.measure == Measure::Counter && matches!(op, T_GTR | T_GTE | T_NEQ);
        if !grows {
            return;
        }
        let fixed = matches!(bare(side), Expr::VectorSelector(_))
            .then(|| format!("increase({}[5m]) > 0", bare(side)));
        let message = format!(
            "a counter stays above {threshold} until the process restarts, and the alert with it; expected its `increase`"
        );
        self.report(DiagnosticCode::CounterAboveZero, &binary.to_string(), fixed.as_deref(), message);
    }

    fn rate_as_share(
        &mut self,
        side: &Expr,
        binary: &BinaryExpr,
        shape: &Shape,
        op: TokenId,
        threshold: f64,
        texts: &str,
    ) {
        let texts = texts.to_lowercase();
        let share = SHARES.into_iter().find(|word| has_word(&texts, word)).or_else(|| percent_sign(&texts));
        let below_one = threshold > 0.0 && threshold < 1.0;
        let (true, true, Some(word)) = (shape.measure == Measure::PerSecond, below_one, share) else {
            return;
        };
        let part = binary.to_string();
        let message = format!(
            "events per second are compared with {threshold}, but the alert speaks of a share ({word:?}); expected a ratio of sums"
        );
        self.report(
            DiagnosticCode::RateComparedWithRatio,
            &part,
            share_of_all(side, op, threshold).as_deref(),
            message,
        );
    }

    fn rate_per_series(&mut self, side: &Expr, shape: &Shape, op: TokenId, threshold: f64) {
        let rate = matches!(bare(side), Expr::Call(call) if matches!(call.func.name, "rate" | "irate"));
        if !rate || shape.measure != Measure::PerSecond || threshold <= 0.0 || shape.labels.is_open() {
            return;
        }
        let apart = |label: &&str| !self.known.is_target_label(label) && !shape.labels.get(label).is_single();
        let apart: Vec<_> = shape.labels.names().filter(apart).map(str::to_owned).collect();
        if apart.is_empty() {
            return;
        }
        let part = side.to_string();
        let (below, metric) = (matches!(op, T_LSS | T_LTE), selectors(side).first().map(ToString::to_string));
        let message = format!(
            "the rate for each {} and instance is compared with {threshold}{}; expected `sum(…)`{}",
            apart.join(", "),
            if below { ", and nothing is compared once all series are gone" } else { "" },
            if below { " and `or absent(…)`" } else { "" }
        );
        let fixed = format!("sum({part})");
        self.report(DiagnosticCode::RatePerSeries, &part, Some(&fixed), message);
        if let (true, Some(metric), Some(defect)) = (below, metric, self.defects.last_mut()) {
            defect.fix = defect.fix.take().map(|fix| format!("{fix} or absent({metric})"));
        }
    }
}

/// The ratio of a rate to that of the metric without conditions.
fn share_of_all(side: &Expr, op: TokenId, threshold: f64) -> Option<String> {
    let part = bare(side);
    let [selector] = selectors(part).try_into().ok()?;
    let all = part.to_string().replacen(&format!("{{{}}}", selector.matchers), "", 1);
    let sign = if matches!(op, T_LSS | T_LTE) { "<" } else { ">" };
    let summed = |text: &str| if text.starts_with("sum") { text.to_owned() } else { format!("sum({text})") };
    let (part, all) = (summed(&part.to_string()), summed(&all));
    (part != all).then(|| format!("{part} / {all} {sign} {threshold}"))
}

/// The comparisons on which it depends whether there is an alert, without those that other conditions can end.
fn comparisons(expr: &Expr) -> Vec<&BinaryExpr> {
    let mut found = Vec::new();
    let mut open = vec![expr];
    while let Some(expr) = open.pop() {
        let Expr::Binary(binary) = bare(expr) else { continue };
        match binary.op.id() {
            T_LOR => open.extend([&*binary.rhs, &*binary.lhs]),
            T_LAND | T_LUNLESS => {}
            _ if binary.op.is_comparison_operator() => found.push(binary),
            _ => {}
        }
    }
    found
}

/// A percent sign that does not begin a format, as in `printf "%.2f"`.
fn percent_sign(text: &str) -> Option<&'static str> {
    let format = |after: &str| after.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '.');
    text.split('%').skip(1).any(|after| !format(after)).then_some("%")
}

const fn mirrored(op: TokenId) -> TokenId {
    match op {
        T_GTR => T_LSS,
        T_GTE => T_LTE,
        T_LSS => T_GTR,
        T_LTE => T_GTE,
        op => op,
    }
}
