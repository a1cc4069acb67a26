use crate::catalogue::WindowEntry;
use crate::catalogue::rounded;
use crate::promql::promql_duration;
use crate::rule_tests::objective_series::Phase;
use crate::rule_tests::objective_tests::{LONGEST, Stories, steps};
use crate::rule_tests::story::Story;
use crate::rule_tests::test_file::RuleTest;
use crate::rules::{Recorded, base_window};

/// The stories of an objective that counts events.
impl<'a> Stories<'a> {
    pub(super) fn about_events(&self) -> Vec<RuleTest> {
        let mut tests = self.factors();
        tests.extend(self.instances());
        tests.extend(self.bursts());
        tests.extend(self.restarts());
        tests.extend(self.low_traffic());
        tests.push(self.idle());
        tests
    }

    fn slowest(&self) -> Option<f64> {
        self.pairs().map(|pair| pair.factor).reduce(f64::min)
    }

    fn fires_at(&self, story: Story, at: u64, ratio: f64) -> Story {
        let budget = self.objective.error_budget();
        self.pairs().fold(story, |story, pair| self.burn(story, at, pair, ratio > pair.factor * budget))
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
            self.fires_at(self.measures(story, end, ratio), end, ratio).end()
        };
        ratios.into_iter().map(story).collect()
    }

    /// What is recorded is this share of bad events, but for the rounding to whole ones.
    fn measures(&self, story: Story, at: u64, ratio: f64) -> Story {
        let burns = rounded(ratio / self.objective.error_budget());
        let is = |value: String, expected: f64| format!("count(abs({value} / {expected} - 1) < 0.02)");
        let select = |name: &str| self.recorded.select(name);
        let base = select(&Recorded::burn_rate(base_window(self.objective)));
        let story = story.value(self.at(at), is(base, burns), Some(1.0));
        let ratio = is(format!("(1 - {})", select(Recorded::OBJECTIVE_RATIO)), rounded(ratio));
        let story = story.value(self.at(at), ratio, Some(1.0));
        if self.objective.expected_traffic.is_some() {
            return story;
        }
        let used = format!("(1 - {})", select(Recorded::BUDGET_REMAINING));
        story.value(self.at(at), is(used, burns), Some(1.0))
    }

    /// Instances count together, neither each by itself nor on average.
    fn instances(&self) -> Vec<RuleTest> {
        let Some(slowest) = self.slowest() else { return Vec::new() };
        let (end, budget) = (self.long_enough, self.objective.error_budget());
        let (one, both) = ((slowest * budget * 1.4).min(1.0), above(slowest, budget));
        let one_burns = [Phase::Good(end + 1), Phase::Share(one, end + 1)];
        let both_burn = [Phase::Share(both, end + 1); 2];
        let story = |(name, [phase, other], ratio): (&str, [Phase; 2], f64)| {
            let story = self.with_other_instance(self.with(self.story(name), &[phase]), &[other]);
            self.fires_at(story, end, ratio).end()
        };
        let stories = [
            ("one of two instances burns, and both together do not", one_burns, one / 2.0),
            ("two instances burn", both_burn, both),
        ];
        stories.into_iter().map(story).collect()
    }

    /// A burst that is long enough for the short window of a pair is not for the long one.
    fn bursts(&self) -> Vec<RuleTest> {
        let budget = self.objective.error_budget();
        let worth = |pair: &&WindowEntry| {
            pair.long >= pair.short * 2 && pair.long.as_millis() / self.step.as_millis() <= LONGEST
        };
        let story = |pair: &'a WindowEntry| {
            let (long, short) = (steps(pair.long, self.step), steps(pair.short, self.step));
            let name = format!("a burst of {} is quiet", promql_duration(pair.short));
            let parts = [Phase::Good(long), Phase::Share(above(pair.factor, budget), short + 1)];
            self.burn(self.with(self.story(&name), &parts), long + short, pair, false).end()
        };
        self.pairs().filter(worth).map(story).collect()
    }

    /// Counters that start again at 0 have not decreased.
    fn restarts(&self) -> Vec<RuleTest> {
        let (Some(slowest), Some(fastest)) =
            (self.slowest(), self.pairs().map(|pair| pair.factor).reduce(f64::max))
        else {
            return Vec::new();
        };
        let (end, budget) = (self.long_enough, self.objective.error_budget());
        let story = |(name, ratio): (&str, f64)| {
            let parts = [Phase::Share(ratio, end - 1), Phase::Restart(ratio, 2)];
            self.fires_at(self.with(self.story(name), &parts), end, ratio).end()
        };
        let stories = [
            ("a restart while it burns is no end", above(fastest, budget)),
            ("a restart is quiet", slowest.min(1.0) * budget * 0.5),
        ];
        stories.into_iter().map(story).collect()
    }

    /// Without the least number of bad events, even an outage is quiet.
    fn low_traffic(&self) -> Option<RuleTest> {
        let few = (self.objective.min_bad_events * 0.7).floor();
        let end = self.long_enough;
        (few >= 1.0).then(|| {
            let story = self.with(
                self.story("an outage with too few events is quiet"),
                &[Phase::Idle(end - 1), Phase::Few(few, 3)],
            );
            self.pairs().fold(story, |story, pair| self.burn(story, end, pair, false)).end()
        })
    }

    fn idle(&self) -> RuleTest {
        let end = self.long_enough;
        let story = self.with(self.story("no events burn nothing"), &[Phase::Good(1), Phase::Idle(end)]);
        self.intact(story, end).end()
    }
}

/// A share of bad events at which a budget burns a fifth faster than a factor, or as far above it as there is room.
fn above(factor: f64, budget: f64) -> f64 {
    (factor * budget * 1.2).min(f64::midpoint(factor * budget, 1.0))
}
