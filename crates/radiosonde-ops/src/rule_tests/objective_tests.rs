use std::time::Duration;

use crate::catalogue::{IndicatorEntry, ObjectiveEntry, WindowEntry};
use crate::promql::{Scope, promql_duration, spellings};
use crate::rule_tests::objective_series::{Phase, phases};
use crate::rule_tests::objective_step::step;
use crate::rule_tests::story::Story;
use crate::rule_tests::test_file::RuleTest;
use crate::rules::{ABSENT, BURN, EXHAUSTED, Recorded, base_window, least_bad, rounded};

/// A short window of more steps than this is not waited for.
const LONGEST: u128 = 400;

/// The stories of an objective: an outage fires all alerts and they resolve, each factor fires its own pair and the slower ones, and
/// all is quiet under budget, at low traffic, without errors, while idle and over a restart.
pub(crate) fn objective_tests(objective: &ObjectiveEntry, scope: &Scope) -> Vec<RuleTest> {
    Stories::of(objective, scope).all()
}

struct Stories<'a> {
    objective: &'a ObjectiveEntry,
    scope: &'a Scope,
    recorded: Recorded,
    step: Duration,
    /// Samples for some base windows, and for as many bad seconds as an alert wants.
    long_enough: u64,
    is_over_time: bool,
}

impl<'a> Stories<'a> {
    fn of(objective: &'a ObjectiveEntry, scope: &'a Scope) -> Self {
        let is_over_time =
            !matches!(objective.indicator, IndicatorEntry::Events { .. } | IndicatorEntry::Latency { .. });
        let step = step(objective);
        let mut seconds = base_window(objective).as_secs_f64() * 3.0;
        if is_over_time {
            let least =
                objective.windows.iter().map(|pair| least_bad(objective, pair.long)).fold(0.0, f64::max);
            seconds = seconds.max(least * 2.0);
        }
        // A time that was never set is bad after as long as a good one may be old.
        if let IndicatorEntry::Freshness { at_most, .. } = objective.indicator {
            seconds += at_most;
        }
        Self {
            objective,
            scope,
            recorded: Recorded::of(objective, scope),
            step,
            long_enough: steps(Duration::from_secs_f64(seconds), step),
            is_over_time,
        }
    }

    fn all(&self) -> Vec<RuleTest> {
        let mut tests = vec![self.outage()];
        tests.extend(self.spellings_of_le());
        tests.extend(self.resolves());
        if !self.is_over_time {
            tests.extend(self.factors());
            tests.push(self.restart());
            tests.extend(self.low_traffic());
            tests.push(self.idle());
        }
        tests.push(self.all_good());
        tests.push(self.disappears());
        tests
    }

    fn story(&self, name: &str) -> Story {
        Story::new(format!("{}: {name}", self.objective.name), self.step)
    }

    fn at(&self, step: u64) -> Duration {
        self.step * u32::try_from(step).unwrap_or(u32::MAX)
    }

    fn with(&self, story: Story, phases_of: &[Phase]) -> Story {
        phases(self.objective, self.scope, self.events_per_step(), phases_of)
            .into_iter()
            .fold(story, |story, (series, parts)| story.series(series, &parts))
    }

    /// Enough that a few bad ones of them are enough for an alert.
    fn events_per_step(&self) -> f64 {
        let least = self.objective.min_bad_events.max(1.0) / self.objective.error_budget();
        (least.ceil() * 10.0).max(1000.0)
    }

    fn burn(&self, story: Story, at: u64, pair: &WindowEntry, fires: bool) -> Story {
        let (long, short) = (promql_duration(pair.long), promql_duration(pair.short));
        let slo = &self.objective.alert_label;
        let own = [
            ("alertname", BURN),
            ("slo", slo.as_str()),
            ("long", &long),
            ("short", &short),
            ("severity", &pair.severity),
        ];
        story.alert(self.at(at), &self.scoped(&own), fires)
    }

    fn scoped<'s>(&'s self, labels: &[(&'s str, &'s str)]) -> Vec<(&'s str, &'s str)> {
        let scope = self.scope.matchers().iter().map(|(label, value)| (label.as_str(), value.as_str()));
        labels.iter().copied().chain(scope).collect()
    }

    fn pairs(&self) -> impl Iterator<Item = &'a WindowEntry> {
        self.objective.windows.iter()
    }

    fn outage(&self) -> RuleTest {
        let end = self.long_enough;
        let story = self.with(self.story("an outage fires every alert"), &[Phase::Bad(end + 1)]);
        let story = self.pairs().fold(story, |story, pair| self.burn(story, end, pair, true));
        let allows_events = self.objective.expected_traffic.is_none() && !self.is_over_time;
        let labels = [("alertname", EXHAUSTED), ("slo", self.objective.alert_label.as_str())];
        let story =
            if allows_events { story.alert(self.at(end), &self.scoped(&labels), true) } else { story };
        story.end()
    }

    fn spellings_of_le(&self) -> Option<RuleTest> {
        let IndicatorEntry::Latency { threshold, .. } = self.objective.indicator else { return None };
        let has_two = spellings(threshold).len() > 1;
        let end = self.long_enough;
        has_two.then(|| {
            let name = "the other spelling of `le` is the same bucket";
            let story = self.with(self.story(name), &[Phase::OtherSpelling(end + 1)]);
            self.pairs().fold(story, |story, pair| self.burn(story, end, pair, false)).end()
        })
    }

    fn resolves(&self) -> Vec<RuleTest> {
        let (end, base) = (self.long_enough, steps(base_window(self.objective), self.step));
        let worth = |pair: &&WindowEntry| pair.short.as_millis() / self.step.as_millis() <= LONGEST;
        let story = |pair: &'a WindowEntry| {
            let over = end + steps(pair.short, self.step) + base + 3;
            let name = format!("after an outage, the alert of {} resolves", promql_duration(pair.long));
            let story = self.with(self.story(&name), &[Phase::Bad(end), Phase::Good(over - end + 1)]);
            let story = self.burn(story, end - 1, pair, true);
            self.burn(story, over, pair, false).end()
        };
        self.pairs().filter(worth).map(story).collect()
    }

    fn factors(&self) -> Vec<RuleTest> {
        let budget = self.objective.error_budget();
        let end = self.long_enough;
        let mut factors: Vec<f64> = self.pairs().map(|pair| pair.factor).collect();
        factors.sort_by(f64::total_cmp);
        factors.dedup();
        let mut ratios: Vec<_> = factors.iter().map(|factor| above(*factor, budget)).collect();
        ratios.extend(factors.first().map(|slowest| slowest * budget * 0.8));
        let story = |ratio: f64| {
            let burns = rounded((ratio / budget * 100.0).round() / 100.0);
            let story =
                self.with(self.story(&format!("burning at {burns}")), &[Phase::Share(ratio, end + 1)]);
            self.pairs()
                .fold(story, |story, pair| self.burn(story, end, pair, ratio > pair.factor * budget))
                .end()
        };
        ratios.into_iter().map(story).collect()
    }

    fn restart(&self) -> RuleTest {
        let slowest = self.pairs().map(|pair| pair.factor).fold(f64::INFINITY, f64::min).min(1.0);
        let ratio = slowest * self.objective.error_budget() * 0.5;
        let end = self.long_enough;
        let half = end / 2;
        let parts = [Phase::Share(ratio, half), Phase::Restart(ratio, end + 1 - half)];
        let story = self.with(self.story("counters that start again at 0 are quiet"), &parts);
        self.pairs().fold(story, |story, pair| self.burn(story, end, pair, false)).end()
    }

    /// Without the least number of bad events, even an outage is quiet.
    fn low_traffic(&self) -> Option<RuleTest> {
        let few = (self.objective.min_bad_events * 0.7).floor();
        let end = self.long_enough;
        (few >= 1.0).then(|| {
            let story =
                self.with(self.story("an outage with too few events is quiet"), &[Phase::Few(few, end + 1)]);
            self.pairs().fold(story, |story, pair| self.burn(story, end, pair, false)).end()
        })
    }

    fn idle(&self) -> RuleTest {
        let end = self.long_enough;
        let story = self.with(self.story("no events burn nothing"), &[Phase::Good(1), Phase::Idle(end)]);
        self.intact(story, end).end()
    }

    fn all_good(&self) -> RuleTest {
        let end = self.long_enough;
        let story = self.with(self.story("no bad events leave all of the budget"), &[Phase::Good(end + 1)]);
        self.intact(story, end).end()
    }

    /// Nothing burns, and the budget is whole.
    fn intact(&self, story: Story, at: u64) -> Story {
        let time = self.at(at);
        let value = |story: Story, name: &str, expected: f64| {
            story.value(time, format!("sum({})", self.recorded.select(name)), Some(expected))
        };
        let rates = self.pairs().flat_map(|pair| [pair.short, pair.long]).map(Recorded::burn_rate);
        let story = rates.fold(story, |story, name| value(story, &name, 0.0));
        let story = value(story, Recorded::OBJECTIVE_RATIO, 1.0);
        let story = value(story, Recorded::BUDGET_REMAINING, 1.0);
        self.pairs().fold(story, |story, pair| self.burn(story, at, pair, false))
    }

    fn disappears(&self) -> RuleTest {
        let (end, base) = (self.long_enough, steps(base_window(self.objective), self.step));
        let hold = steps(base_window(self.objective).max(Duration::from_secs(60)), self.step);
        // Prometheus reads a gauge for five minutes after its last sample.
        let lookback = steps(Duration::from_secs(300), self.step);
        let over = end + base + hold + lookback + 3;
        let labels = [("alertname", ABSENT), ("slo", self.objective.alert_label.as_str())];
        let story = self.with(
            self.story("metrics that disappear raise an alert"),
            &[Phase::Good(end), Phase::Gone(over - end + 1)],
        );
        let story = story.alert(self.at(end - 1), &self.scoped(&labels), false);
        story.alert(self.at(over), &self.scoped(&labels), true).end()
    }
}

/// A share of bad events at which a budget burns a fifth faster than a factor, or as far above it as there is room.
fn above(factor: f64, budget: f64) -> f64 {
    (factor * budget * 1.2).min(f64::midpoint(factor * budget, 1.0))
}

fn steps(time: Duration, step: Duration) -> u64 {
    u64::try_from(time.as_nanos().div_ceil(step.as_nanos().max(1))).unwrap_or(u64::MAX)
}
