use std::time::Duration;

use crate::promql::quoted;
use crate::rule_tests::test_file::{AlertTest, ExpectedAlert, ExpressionTest, InputSeries, RuleTest};

/// A test under construction: series on a grid of time, and what is to be true of the alerts at some points of it.
pub(crate) struct Story {
    test: RuleTest,
}

/// A part of a series: for a number of steps, it grows by so much with each, or has no sample.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Part {
    /// A counter that goes on from where it was.
    Grows(f64, u64),
    /// A counter that starts again at zero.
    Restarts(f64, u64),
    /// A counter at 0 that jumps to this after the first step.
    Jumps(f64, u64),
    /// A gauge.
    Stays(f64, u64),
    /// No samples.
    Gone(u64),
}

impl Story {
    pub(crate) fn new(name: impl Into<String>, step: Duration) -> Self {
        let test = RuleTest {
            name: name.into(),
            interval: step,
            series: Vec::new(),
            alerts: Vec::new(),
            expressions: Vec::new(),
        };
        Self { test }
    }

    /// Adds a series.
    pub(crate) fn series(mut self, series: String, parts: &[Part]) -> Self {
        let mut at = 0.0;
        let mut texts = Vec::new();
        for (index, part) in parts.iter().enumerate() {
            let is_first = index == 0;
            match *part {
                Part::Gone(0)
                | Part::Grows(_, 0)
                | Part::Restarts(_, 0)
                | Part::Jumps(_, 0)
                | Part::Stays(_, 0) => {}
                Part::Jumps(to, steps) => texts.push(format!("0 {to}x{}", steps.saturating_sub(2))),
                Part::Gone(steps) => texts.push(format!("_x{steps}")),
                Part::Stays(value, steps) => texts.push(format!("{value}x{}", steps - 1)),
                Part::Grows(by, steps) => {
                    let from = if is_first { at } else { at + by };
                    texts.push(format!("{from}+{by}x{}", steps - 1));
                    #[allow(clippy::cast_precision_loss, reason = "a story has some thousands of steps")]
                    let grown = by * (steps - 1) as f64;
                    at = from + grown;
                }
                Part::Restarts(by, steps) => {
                    texts.push(format!("0+{by}x{}", steps - 1));
                    #[allow(clippy::cast_precision_loss, reason = "a story has some thousands of steps")]
                    let grown = by * (steps - 1) as f64;
                    at = grown;
                }
            }
        }
        self.test.series.push(InputSeries { series, values: texts.join(" ") });
        self
    }

    /// At this time, the alert with these labels fires, or does not.
    pub(crate) fn alert(self, at: Duration, labels: &[(&str, &str)], fires: bool) -> Self {
        let labels: Vec<_> =
            labels.iter().map(|(label, value)| format!("{label}={}", quoted(value))).collect();
        let expr = format!("count(ALERTS{{{},alertstate=\"firing\"}})", labels.join(","));
        self.value(at, expr, fires.then_some(1.0))
    }

    /// At this time, the alerts of this name are these, with all of their labels and annotations.
    pub(crate) fn alerts(mut self, at: Duration, alert: &str, expected: Vec<ExpectedAlert>) -> Self {
        self.test.alerts.push(AlertTest { at, alert: alert.to_owned(), expected });
        self
    }

    /// At this time, the query has this result: a number without labels, or nothing.
    pub(crate) fn value(mut self, at: Duration, expr: impl Into<String>, result: Option<f64>) -> Self {
        let expected = result.map(|value| ("{}".to_owned(), value)).into_iter().collect();
        self.test.expressions.push(ExpressionTest { at, expr: expr.into(), expected });
        self
    }

    pub(crate) fn end(self) -> RuleTest {
        self.test
    }
}

/// A counter of a process that starts again halfway.
pub(crate) fn restarting(by: f64, steps: u64) -> Vec<Part> {
    vec![Part::Grows(by, steps / 2), Part::Restarts(by, steps - steps / 2)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counter_goes_on_from_where_it_was() {
        let story = Story::new("a", Duration::from_secs(1)).series(
            "a".to_owned(),
            &[
                Part::Grows(2.0, 3),
                Part::Grows(0.0, 2),
                Part::Restarts(1.0, 2),
                Part::Gone(3),
                Part::Stays(7.0, 2),
            ],
        );
        assert_eq!(story.end().series[0].values, "0+2x2 4+0x1 0+1x1 _x3 7x1");
    }
}
