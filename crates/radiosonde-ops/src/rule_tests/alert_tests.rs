use std::time::Duration;

use crate::catalogue::{AlertEntry, Catalogue, ConditionEntry, ValueEntry};
use crate::promql::Scope;
use crate::rule_tests::alert_series::AlertSeries;
use crate::rule_tests::level::{Level, Span};
use crate::rule_tests::story::Story;
use crate::rule_tests::test_file::RuleTest;

/// An alert that takes more steps than this to fire has no stories.
const LONGEST: u64 = 2000;

/// The time between two samples, and between two evaluations: the shortest window has five.
pub(crate) fn alert_step(alerts: &[AlertEntry]) -> Duration {
    let shortest = alerts.iter().filter_map(|alert| value(&alert.condition).and_then(window)).min();
    let shortest = shortest.map_or(60, |window| window.as_secs() / 5);
    Duration::from_secs(shortest.clamp(1, 60))
}

/// For each alert: it fires after its hold and resolves, is quiet on the other side of the threshold, and is not mistaken about a restart,
/// idle times, errors without a series, and one instance among many.
pub(crate) fn alert_tests(catalogue: &Catalogue, alerts: &[AlertEntry], scope: &Scope) -> Vec<RuleTest> {
    let step = alert_step(alerts);
    alerts.iter().flat_map(|alert| Stories { catalogue, alert, scope, step }.all()).collect()
}

struct Stories<'a> {
    catalogue: &'a Catalogue,
    alert: &'a AlertEntry,
    scope: &'a Scope,
    step: Duration,
}

impl Stories<'_> {
    fn all(&self) -> Vec<RuleTest> {
        let Some(series) = AlertSeries::of(self.catalogue, &self.alert.condition, self.scope, self.step)
        else {
            return Vec::new();
        };
        let reaction = series.reaction() + self.steps(self.alert.hold) + 3;
        if reaction > LONGEST {
            return Vec::new();
        }
        let mut tests = vec![self.fires(&series, reaction)];
        tests.extend(self.quiet(&series, "the other side of the threshold is quiet", reaction, Level::Quiet));
        tests.extend(self.quiet(&series, "a restart is quiet", reaction, Level::QuietRestart));
        tests.extend(self.fires_over_a_restart(&series, reaction));
        tests.extend(self.quiet(&series, "nothing happens is quiet", reaction, Level::Idle));
        tests.extend(self.quiet(
            &series,
            "bad events without a series are none",
            reaction,
            Level::NoBadSeries,
        ));
        tests.extend(self.quiet(&series, "one instance is not the program", reaction, Level::OneOfMany));
        let few = "an outage with too few events is quiet";
        let story = self.few().and_then(|events| self.quiet(&series, few, reaction, Level::Few(events)));
        tests.extend(story);
        tests.extend(self.gone(&series, reaction));
        tests
    }

    fn story(&self, name: &str) -> Story {
        Story::new(format!("{} ({}): {name}", self.alert.name, self.alert.severity), self.step)
    }

    fn at(&self, step: u64) -> Duration {
        self.step * u32::try_from(step).unwrap_or(u32::MAX)
    }

    fn steps(&self, time: Duration) -> u64 {
        u64::try_from(time.as_nanos().div_ceil(self.step.as_nanos().max(1))).unwrap_or(u64::MAX)
    }

    fn asked(&self, story: Story, at: u64, fires: bool) -> Story {
        let own = [("alertname", self.alert.name.as_str()), ("severity", self.alert.severity.as_str())];
        let scope = self.scope.matchers().iter().map(|(label, value)| (label.as_str(), value.as_str()));
        let more = self.alert.labels.iter().map(|(label, value)| (label.as_str(), value.as_str()));
        let labels: Vec<_> = own.into_iter().chain(scope).chain(more).collect();
        story.alert(self.at(at), &labels, fires)
    }

    fn with(story: Story, series: Vec<Span>) -> Story {
        series.into_iter().fold(story, |story, (name, parts)| story.series(name, &parts))
    }

    fn fires(&self, series: &AlertSeries<'_>, reaction: u64) -> RuleTest {
        let hold = self.steps(self.alert.hold);
        let over = reaction + series.reaction() + self.steps(self.alert.keep_firing) + series.lookback() + 3;
        let resolves = over <= LONGEST;
        let spans = if resolves {
            series.spans(&[(Level::Fires, reaction + 1), (Level::Quiet, over - reaction)])
        } else {
            series.spans(&[(Level::Fires, reaction + 1)])
        };
        let name = if resolves { "fires after its hold, and resolves" } else { "fires after its hold" };
        let story = Self::with(self.story(name), spans.unwrap_or_default());
        let story = if hold > 1 { self.asked(story, hold - 1, false) } else { story };
        let story = self.asked(story, reaction, true);
        if resolves { self.asked(story, over, false).end() } else { story.end() }
    }

    fn quiet(&self, series: &AlertSeries<'_>, name: &str, reaction: u64, level: Level) -> Option<RuleTest> {
        let spans = series.spans(&[(level, reaction + 1)])?;
        Some(self.asked(Self::with(self.story(name), spans), reaction, false).end())
    }

    /// A number of bad events that is not enough.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates")]
    fn few(&self) -> Option<u32> {
        match value(&self.alert.condition) {
            Some(ValueEntry::Ratio { min_bad_events, .. }) if *min_bad_events >= 2.0 => {
                Some((min_bad_events * 0.7).floor() as u32)
            }
            _ => None,
        }
    }

    fn fires_over_a_restart(&self, series: &AlertSeries<'_>, reaction: u64) -> Option<RuleTest> {
        let spans = series.spans(&[(Level::FiresRestart, reaction + 1)])?;
        Some(self.asked(Self::with(self.story("a restart does not resolve it"), spans), reaction, true).end())
    }

    /// An alert about too little is one about nothing at all.
    fn gone(&self, series: &AlertSeries<'_>, reaction: u64) -> Option<RuleTest> {
        let fires = match &self.alert.condition {
            ConditionEntry::Below { value, by: None, .. } => {
                matches!(value, ValueEntry::Increase { .. } | ValueEntry::Rate { .. })
            }
            _ => return None,
        };
        let end = 2 + series.lookback() + reaction;
        let spans = series.spans(&[(Level::Quiet, 2), (Level::Gone, end)])?;
        let name = if fires { "no metrics at all fire as well" } else { "metrics that disappear are quiet" };
        Some(self.asked(Self::with(self.story(name), spans), end, fires).end())
    }
}

fn value(condition: &ConditionEntry) -> Option<&ValueEntry> {
    match condition {
        ConditionEntry::Above { value, .. } | ConditionEntry::Below { value, .. } => Some(value),
        _ => None,
    }
}

fn window(value: &ValueEntry) -> Option<Duration> {
    match value {
        ValueEntry::Increase { window, .. }
        | ValueEntry::Rate { window, .. }
        | ValueEntry::Ratio { window, .. }
        | ValueEntry::Quantile { window, .. } => Some(*window),
        _ => None,
    }
}
