use std::collections::BTreeMap;
use std::time::Duration;

use crate::catalogue::{IndicatorEntry, ObjectiveEntry, WindowEntry};
use crate::promql::{Scope, promql_duration, spellings};
use crate::rule_tests::objective_series::{Phase, phases};
use crate::rule_tests::objective_step::step;
use crate::rule_tests::story::{Part, Story};
use crate::rule_tests::test_file::{ExpectedAlert, RuleTest};
use crate::rules::{ABSENT, BURN, EXHAUSTED, Recorded, Rule, RuleFile, base_window, least_bad};

/// A short window of more steps than this is not waited for.
pub(super) const LONGEST: u128 = 400;

/// The stories of an objective: an outage fires all alerts and they resolve, each factor fires its own pair and the slower ones, and
/// all is quiet under budget, at low traffic, without errors, while idle and over a restart.
pub(crate) fn objective_tests(objective: &ObjectiveEntry, rules: &RuleFile, scope: &Scope) -> Vec<RuleTest> {
    Stories::of(objective, rules, scope).all()
}

/// Most stories have one instance of the program, and some have this one besides.
const OTHER_INSTANCE: &str = "b:80";

pub(super) struct Stories<'a> {
    pub(super) objective: &'a ObjectiveEntry,
    rules: &'a RuleFile,
    scope: &'a Scope,
    pub(super) recorded: Recorded,
    pub(super) step: Duration,
    /// Samples for some base windows, and for as many bad seconds as an alert wants.
    pub(super) long_enough: u64,
    is_over_time: bool,
}

impl<'a> Stories<'a> {
    fn of(objective: &'a ObjectiveEntry, rules: &'a RuleFile, scope: &'a Scope) -> Self {
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
            rules,
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
        tests.extend(self.without_bucket());
        tests.extend(self.resolves());
        if !self.is_over_time {
            tests.extend(self.about_events());
        }
        tests.extend(self.never_set());
        tests.push(self.all_good());
        tests.extend(self.disappears());
        tests.extend(self.starts());
        tests
    }

    pub(super) fn story(&self, name: &str) -> Story {
        Story::new(format!("{}: {name}", self.objective.name), self.step)
    }

    pub(super) fn at(&self, step: u64) -> Duration {
        self.step * u32::try_from(step).unwrap_or(u32::MAX)
    }

    pub(super) fn with(&self, story: Story, phases_of: &[Phase]) -> Story {
        self.within(self.scope, story, phases_of)
    }

    pub(super) fn with_other_instance(&self, story: Story, phases_of: &[Phase]) -> Story {
        self.within(&self.scope.clone().matching("instance", OTHER_INSTANCE), story, phases_of)
    }

    fn within(&self, scope: &Scope, story: Story, phases_of: &[Phase]) -> Story {
        phases(self.objective, scope, self.events_per_step(), phases_of)
            .into_iter()
            .fold(story, |story, (series, parts)| story.series(series, &parts))
    }

    /// Enough that a few bad ones of them are enough for an alert.
    fn events_per_step(&self) -> f64 {
        let least = self.objective.min_bad_events.max(1.0) / self.objective.error_budget();
        (least.ceil() * 100.0).max(1000.0)
    }

    pub(super) fn burn(&self, story: Story, at: u64, pair: &WindowEntry, fires: bool) -> Story {
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

    pub(super) fn pairs(&self) -> impl Iterator<Item = &'a WindowEntry> {
        self.objective.windows.iter()
    }

    fn outage(&self) -> RuleTest {
        let end = self.long_enough;
        let story = self.with(self.story("an outage fires every alert"), &[Phase::Bad(end + 1)]);
        // Of several gauges, each has to be within.
        let story = match self.objective.indicator {
            IndicatorEntry::Freshness { .. }
            | IndicatorEntry::AtMost { .. }
            | IndicatorEntry::AtLeast { .. } => self.with_other_instance(story, &[Phase::Good(end + 1)]),
            _ => story,
        };
        let story = story.alerts(self.at(end), BURN, self.expected(BURN));
        let allows_events = self.objective.expected_traffic.is_none() && !self.is_over_time;
        let story = if allows_events {
            story.alerts(self.at(end), EXHAUSTED, self.expected(EXHAUSTED))
        } else {
            story
        };
        story.end()
    }

    /// All alerts of this name, with the texts that their rules have.
    fn expected(&self, name: &str) -> Vec<ExpectedAlert> {
        let rules = self.rules.groups.iter().flat_map(|group| &group.rules);
        let alerts = rules.filter_map(|rule| match rule {
            Rule::Alert { alert, labels, annotations, .. } if alert == name => Some((labels, annotations)),
            _ => None,
        });
        let expected = |(own, annotations): (&BTreeMap<String, String>, &BTreeMap<String, String>)| {
            let mut labels = self.recorded.labels().clone();
            labels.extend(own.clone());
            ExpectedAlert { labels, annotations: annotations.clone() }
        };
        alerts.map(expected).collect()
    }

    fn never_set(&self) -> Option<RuleTest> {
        let IndicatorEntry::Freshness { .. } = self.objective.indicator else { return None };
        let end = self.long_enough;
        let story = self.with(self.story("a time that was never set fires"), &[Phase::Restart(1.0, end + 1)]);
        Some(self.pairs().fold(story, |story, pair| self.burn(story, end, pair, true)).end())
    }

    fn spellings_of_le(&self) -> Option<RuleTest> {
        let IndicatorEntry::Latency { threshold, .. } = self.objective.indicator else { return None };
        let has_two = spellings(threshold).len() > 1;
        let end = self.long_enough;
        has_two.then(|| {
            let name = "the other spelling of `le` is the same bucket";
            let story = self.with(self.story(name), &[Phase::OtherSpelling(end + 1)]);
            self.intact(story, end).end()
        })
    }

    /// A version of the program for which the threshold was another.
    fn without_bucket(&self) -> Option<RuleTest> {
        let IndicatorEntry::Latency { .. } = self.objective.indicator else { return None };
        let end = self.long_enough;
        let story = self.with(self.story("an instance without the bucket is quiet"), &[Phase::Good(end + 1)]);
        let scope = self.scope.clone().matching("instance", OTHER_INSTANCE);
        let mut other = phases(self.objective, &scope, self.events_per_step(), &[Phase::Good(end + 1)]);
        other.retain(|(series, _)| !series.contains(",le="));
        let story = other.into_iter().fold(story, |story, (series, parts)| story.series(series, &parts));
        Some(self.pairs().fold(story, |story, pair| self.burn(story, end, pair, false)).end())
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

    fn all_good(&self) -> RuleTest {
        let end = self.long_enough;
        let story = self.with(self.story("no bad events leave all of the budget"), &[Phase::Good(end + 1)]);
        self.intact(story, end).end()
    }

    /// Nothing burns, and the budget is whole.
    pub(super) fn intact(&self, story: Story, at: u64) -> Story {
        let time = self.at(at);
        let value = |story: Story, name: &str, expected: f64| {
            story.value(time, format!("sum({})", self.recorded.select(name)), Some(expected))
        };
        let windows = || self.pairs().flat_map(|pair| [pair.short, pair.long]);
        let rates = windows().map(Recorded::burn_rate).chain(windows().map(Recorded::bad_events));
        let story = rates.fold(story, |story, name| value(story, &name, 0.0));
        let story = value(story, Recorded::OBJECTIVE_RATIO, 1.0);
        let story = value(story, Recorded::BUDGET_REMAINING, 1.0);
        self.pairs().fold(story, |story, pair| self.burn(story, at, pair, false))
    }

    /// A program has its own metrics from the start on, and those of its work from the first event on.
    fn starts(&self) -> Option<RuleTest> {
        let rules = self.rules.groups.iter().flat_map(|group| &group.rules);
        let mut queries = rules.filter_map(|rule| match rule {
            Rule::Alert { alert, expr, .. } if alert == ABSENT => Some(expr),
            _ => None,
        });
        let (_, own) = queries.next()?.split_once("unless on ()\n")?;
        let hold = steps(base_window(self.objective).max(Duration::from_secs(60)), self.step);
        let end = self.long_enough + hold + 3;
        let labels = [("alertname", ABSENT), ("slo", self.objective.alert_label.as_str())];
        let story = self.story("a start without events is quiet");
        let story = story.series(own.to_owned(), &[Part::Stays(1.0, end + 1)]);
        Some(story.alert(self.at(end), &self.scoped(&labels), false).end())
    }

    fn disappears(&self) -> Option<RuleTest> {
        if self.expected(ABSENT).is_empty() {
            return None;
        }
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
        let story = story.alert(self.at(over), &self.scoped(&labels), true);
        Some(story.alerts(self.at(over), ABSENT, self.expected(ABSENT)).end())
    }
}

pub(super) fn steps(time: Duration, step: Duration) -> u64 {
    u64::try_from(time.as_nanos().div_ceil(step.as_nanos().max(1))).unwrap_or(u64::MAX)
}
