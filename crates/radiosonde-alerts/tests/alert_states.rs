//! The states of alerts, against what the documentation promises of them.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use proptest::prelude::*;
use radiosonde_alerts::{Alert, AlertEngine, AlertRule, AlertState, Condition, Finding};
use radiosonde_metrics::Registry;
use radiosonde_testkit::ManualClock;

/// What a rule finds: the labels whose condition holds, or a panic.
type Found = Option<BTreeSet<&'static str>>;

const LABELS: [&str; 3] = ["a", "b", "c"];

struct Driven {
    clock: ManualClock,
    engine: AlertEngine,
    found: Arc<Mutex<Found>>,
    handled: Arc<Mutex<Vec<(String, AlertState)>>>,
}

impl Driven {
    fn new(hold: u64, keep_firing: u64) -> Self {
        let (clock, found) = (ManualClock::new(), Arc::new(Mutex::new(Some(BTreeSet::new()))));
        let handled: Arc<Mutex<Vec<(String, AlertState)>>> = Arc::default();
        let (finds, hears) = (Arc::clone(&found), Arc::clone(&handled));
        let condition = Condition::each(move |_| {
            let found: Found = finds.lock().unwrap().clone();
            let found = found.unwrap_or_else(|| std::panic::resume_unwind(Box::new("a rule's fault")));
            found.into_iter().map(|label| Finding::new(1.0).label("of", label)).collect::<Vec<_>>()
        });
        let rule = AlertRule::new("A", condition)
            .hold(Duration::from_secs(hold))
            .keep_firing(Duration::from_secs(keep_firing));
        let engine = AlertEngine::builder()
            .registry(&Registry::new())
            .clock(Arc::new(clock.clone()))
            .rule(rule)
            .handler(move |alert: &Alert| {
                hears.lock().unwrap().push((alert.labels()["of"].clone(), alert.state()));
            })
            .build()
            .unwrap();
        Self { clock, engine, found, handled }
    }

    fn evaluate(&self, after: u64, found: Found) {
        self.clock.advance(Duration::from_secs(after));
        *self.found.lock().unwrap() = found;
        self.engine.evaluate();
    }

    fn state(&self, label: &str) -> Option<AlertState> {
        let alerts = self.engine.alerts();
        alerts.iter().find(|alert| alert.labels()["of"] == label).map(Alert::state)
    }
}

/// The state after evaluations of one label's condition, each at a time in seconds, from their whole past.
fn state(past: &[(u64, bool)], hold: u64, keep_firing: u64) -> Option<AlertState> {
    // How long the value of an evaluation has been the same, without a break.
    let lasted = |at: usize| {
        let begin =
            past[..=at].iter().rposition(|(_, holds)| *holds != past[at].1).map_or(0, |before| before + 1);
        past[at].0 - past[begin].0
    };
    let fires = |at: usize| past[at].1 && lasted(at) >= hold;
    let ends = |at: usize| !past[at].1 && lasted(at) >= keep_firing;
    let last = past.len().checked_sub(1)?;
    let since = (0..=last).rev().find(|at| fires(*at));
    if since.is_some_and(|since| !(since..=last).any(ends)) {
        return Some(AlertState::Firing);
    }
    past[last].1.then_some(AlertState::Pending)
}

proptest! {
    #[test]
    fn states_follow_from_the_past_of_the_condition(
        hold in prop::sample::select(vec![0_u64, 10, 25]),
        keep_firing in prop::sample::select(vec![0_u64, 10, 25]),
        steps in prop::collection::vec((0_u64..15, prop::option::weighted(0.9, prop::collection::btree_set(prop::sample::select(&LABELS), 0..3))), 0..40),
    ) {
        let driven = Driven::new(hold, keep_firing);
        let mut now = 0;
        let mut past = LABELS.map(|_| Vec::new());
        let mut changes = Vec::new();
        let mut were = [None; 3];
        for (after, found) in steps {
            driven.evaluate(after, found.clone());
            now += after;
            let Some(found) = found else {
                for (at, label) in LABELS.iter().enumerate() {
                    prop_assert_eq!(driven.state(label), were[at], "a panic changes nothing");
                }
                continue;
            };
            for (at, label) in LABELS.iter().enumerate() {
                past[at].push((now, found.contains(label)));
                let is = state(&past[at], hold, keep_firing);
                prop_assert_eq!(driven.state(label), is, "{} after {:?}", label, past[at]);
                let [before, after] = [were[at], is].map(|state| state == Some(AlertState::Firing));
                if before != after {
                    let state = if after { AlertState::Firing } else { AlertState::Resolved };
                    changes.push(((*label).to_owned(), state));
                }
                were[at] = is;
            }
        }
        let mut handled = driven.handled.lock().unwrap().clone();
        // The order is that of one label; those of one evaluation are in no order.
        handled.sort_by(|(a, _), (b, _)| a.cmp(b));
        changes.sort_by(|(a, _), (b, _)| a.cmp(b));
        prop_assert_eq!(handled, changes, "handlers get each change once");
    }
}

#[test]
fn an_alert_is_pending_until_its_condition_has_held_for_long_enough() {
    let driven = Driven::new(20, 0);
    let a = || Some(BTreeSet::from(["a"]));
    for (after, found, state) in [
        (0, a(), Some(AlertState::Pending)),
        (19, a(), Some(AlertState::Pending)),
        (1, a(), Some(AlertState::Firing)),
        (1, Some(BTreeSet::new()), None),
        (1, a(), Some(AlertState::Pending)),
        (1, Some(BTreeSet::new()), None),
    ] {
        driven.evaluate(after, found);
        assert_eq!(driven.state("a"), state);
    }
    let firing = &driven.engine.history()[0];
    let took =
        [firing.active_since(), firing.starts_at()].map(|at| firing.ends_at().unwrap().duration_since(at));
    assert_eq!(took.map(Result::unwrap), [Duration::from_secs(21), Duration::from_secs(1)]);
    assert_eq!(driven.engine.history().len(), 1, "what was only pending is not in the history");
}

#[test]
fn an_alert_that_is_kept_firing_does_not_flap() {
    let driven = Driven::new(0, 30);
    for (after, holds, fires) in [
        (0, true, true),
        (10, false, true),
        (29, true, true),
        (10, false, true),
        (29, false, true),
        (1, false, false),
    ] {
        let found = if holds { BTreeSet::from(["a"]) } else { BTreeSet::new() };
        driven.evaluate(after, Some(found));
        assert_eq!(driven.state("a") == Some(AlertState::Firing), fires);
    }
    assert_eq!(driven.handled.lock().unwrap().len(), 2);
}
