//! What holds of objectives for any events, at any rhythm of evaluations.
#![allow(
    clippy::unwrap_used,
    clippy::float_cmp,
    reason = "a test fails by panicking, and sums of whole numbers are exact"
)]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::{Strategy, any, prop_assert, prop_assert_eq, proptest};
use radiosonde_metrics::collect::{Collection, Collector};
use radiosonde_metrics::model::{Kind, LabelSet, Number};
use radiosonde_metrics::{Counter, DynFamily, Registry};
use radiosonde_signals::{BurnWindow, Counts, Objectives, Series, Severity, Slo, SloStatus};
use radiosonde_testkit::ManualClock;

const WINDOW: BurnWindow = BurnWindow {
    long: Duration::from_secs(600),
    short: Duration::from_secs(60),
    factor: 2.0,
    severity: Severity::Warning,
};

/// Three series, as a collector has them whose parts restart, go away and come back.
#[derive(Debug, Clone, Default)]
struct Parts(Arc<Mutex<Vec<Option<u64>>>>);

impl Collector for Parts {
    fn collect(&self, collection: &mut Collection) {
        let family = collection.family("orders_total", "Orders.", Kind::Counter);
        for (orders, result) in self.0.lock().unwrap().iter().zip(["good", "bad", "other"]) {
            if let Some(orders) = orders {
                family.number(LabelSet::new([("result", result)]), Number::Unsigned(*orders));
            }
        }
    }
}

struct Run {
    clock: ManualClock,
    objectives: Objectives,
    registry: Registry,
    counted: Option<DynFamily<Counter>>,
}

impl Run {
    fn new() -> Self {
        let registry = Registry::new();
        let total = Series::of(&registry, "orders_total", Kind::Counter);
        let bad = total.clone().with("result", "bad");
        let slo = Slo::correctness("orders", 90.0, bad, total).windows([WINDOW]);
        let objectives = Objectives::of(&registry);
        objectives.declare(slo.period(Duration::from_secs(3600))).unwrap();
        Self { clock: ManualClock::new(), objectives, registry, counted: None }
    }

    fn count(&mut self, good: u64, bad: u64) {
        let declare = || self.registry.counter("orders_total", "Orders.").labels(&["result"]).unwrap();
        let counted = self.counted.get_or_insert_with(declare);
        counted.with(&["good"]).inc_by(good);
        counted.with(&["bad"]).inc_by(bad);
    }

    fn wait(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    fn evaluate(&self) -> SloStatus {
        self.objectives.evaluate(&self.clock);
        self.objectives.status("orders").unwrap()
    }
}

fn counts() -> impl Strategy<Value = Counts> {
    (any::<u32>(), any::<u32>()).prop_map(|(total, bad)| Counts { total: total.into(), bad: bad.into() })
}

proptest! {
    #[test]
    fn windows_are_merged_in_any_order(a in counts(), b in counts(), c in counts()) {
        prop_assert_eq!((a + b) + c, a + (b + c));
        prop_assert_eq!(a + b, b + a);
        prop_assert_eq!(a + Counts::default(), a);
    }

    #[test]
    fn more_errors_never_raise_the_remaining_budget(
        seconds in vec((any::<u8>(), any::<u8>(), 0..100_u64), 1..40),
        at in any::<proptest::sample::Index>(),
    ) {
        let at = at.index(seconds.len());
        let (mut run, mut worse) = (Run::new(), Run::new());
        for (second, (good, bad, pause)) in seconds.into_iter().enumerate() {
            run.count(good.into(), bad.into());
            // An event that was good is bad, or there is one more.
            let turned = u64::from(second == at);
            worse.count(u64::from(good).saturating_sub(turned), u64::from(bad) + turned);
            [&run, &worse].into_iter().for_each(|run| run.wait(pause));
            let (status, worse) = (run.evaluate(), worse.evaluate());
            prop_assert!(worse.budget_remaining <= status.budget_remaining, "{worse:?} {status:?}");
            prop_assert!(worse.period.bad >= status.period.bad);
        }
    }

    #[test]
    fn idle_periods_hold_the_last_value(
        events in vec((1..200_u64, 0..200_u64), 1..20),
        pauses in vec(1..120_u64, 1..20),
    ) {
        let mut run = Run::new();
        for (good, bad) in events {
            run.count(good, bad);
            run.wait(1);
            run.evaluate();
        }
        let last = run.evaluate();
        let (mut passed, mut former) = (0, last.clone());
        for pause in pauses {
            run.wait(pause);
            passed += pause;
            let idle = run.evaluate();
            for at in 0..2 {
                let (window, before, length) = (&idle.windows[at], &former.windows[at], last.windows[at].window);
                // Either all events are in the window, or it is empty, and was before.
                let is_unchanged = Duration::from_secs(passed + 20) < length || before.counts.total == 0.0;
                prop_assert!(!is_unchanged || window.burn_rate == before.burn_rate, "{window:?} {before:?}");
            }
            let burns = idle.burning == [WINDOW];
            let is_fast = idle.windows.iter().all(|window| window.burn_rate > WINDOW.factor);
            let has_bad = idle.windows[0].counts.bad > 0.0 && idle.windows[1].counts.bad >= 5.0;
            prop_assert_eq!(burns, is_fast && has_bad);
            prop_assert_eq!(idle.budget_remaining, last.budget_remaining);
            prop_assert_eq!(idle.period, last.period);
            let again = run.evaluate();
            prop_assert_eq!(&again, &idle);
            former = again;
        }
    }

    #[test]
    fn counts_are_never_negative_whatever_restarts(
        values in vec(vec(proptest::option::of(0..1000_u64), 3), 1..30),
    ) {
        let run = Run::new();
        let parts = Parts::default();
        run.registry.collect_from(parts.clone());
        let mut before = Counts::default();
        for of_series in values {
            *parts.0.lock().unwrap() = of_series;
            run.wait(1);
            let counts = run.evaluate().period;
            prop_assert!(counts.total >= before.total && counts.bad >= before.bad, "{counts:?} {before:?}");
            before = counts;
        }
        let text = run.registry.text();
        prop_assert!(!text.contains("NaN"));
        let total = format!("slo_events_total{{slo=\"orders\"}} {}\n", before.total);
        prop_assert!(text.contains(&total));
    }

    #[test]
    fn the_rhythm_of_evaluations_does_not_change_the_counts(
        seconds in vec((any::<u8>(), any::<u8>(), any::<bool>()), 1..150),
    ) {
        let (mut often, mut seldom) = (Run::new(), Run::new());
        let mut evaluated_often = often.evaluate();
        for (good, bad, is_evaluated) in seconds {
            for run in [&mut often, &mut seldom] {
                run.count(good.into(), bad.into());
                run.wait(1);
            }
            evaluated_often = often.evaluate();
            if is_evaluated {
                prop_assert_eq!(seldom.evaluate().period, evaluated_often.period);
            }
        }
        let evaluated_seldom = seldom.evaluate();
        prop_assert_eq!(evaluated_seldom.period, evaluated_often.period);
        prop_assert_eq!(evaluated_seldom.budget_remaining, evaluated_often.budget_remaining);
        prop_assert_eq!(evaluated_seldom.windows[1].counts, evaluated_often.windows[1].counts);
    }
}
