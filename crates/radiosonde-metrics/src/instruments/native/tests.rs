use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use proptest::prelude::*;
use radiosonde_core::{Clock, SpanContext, SpanId, TraceFlags, TraceId};

use crate::families::register_error::RegisterErrorKind;
use crate::instruments::buckets::Buckets;
use crate::instruments::native::buckets::{NativeBuckets, Reading, Totals};
use crate::instruments::native::index::{coarsened, end, finest};
use crate::instruments::native::policy::{Limited, Policy};
use crate::instruments::native::settings::Native;
use crate::instruments::native::vectors::{TestVector, VECTORS};
use crate::model::kind::Kind;
use crate::model::samples::NativeSample;
use crate::registry::Registry;

/// Moved by hand, in seconds.
#[derive(Debug, Default)]
struct Hand(AtomicU64);

impl Hand {
    fn forward(&self, seconds: u64) {
        // Relaxed: read by the thread that moved it.
        self.0.fetch_add(seconds, Ordering::Relaxed);
    }
}

impl Clock for Hand {
    fn now(&self) -> SystemTime {
        UNIX_EPOCH + self.monotonic()
    }

    fn monotonic(&self) -> Duration {
        // Relaxed: as above.
        Duration::from_secs(self.0.load(Ordering::Relaxed))
    }
}

/// Buckets, and beside them a count and a sum as a histogram has them.
struct Observed {
    native: NativeBuckets,
    limited: Limited,
    clock: Hand,
    totals: Totals,
}

impl Observed {
    fn new(native: Native) -> Self {
        let clock = Hand::default();
        let totals = Totals { counts: [0].into(), sum: 0.0 };
        Self { native: NativeBuckets::new(native, &clock), limited: Limited::default(), clock, totals }
    }

    fn observe(&mut self, value: f64) {
        if !self.native.add(value) {
            self.native.add_anyway(value, &self.limited, &self.clock, || self.totals.clone());
        }
        self.totals.counts[0] += 1;
        self.totals.sum += value;
    }

    fn read(&self) -> Reading {
        self.native.read(&self.clock)
    }

    /// Count and sum since the last reset.
    fn since(&self) -> (u64, f64) {
        let before = self.native.before();
        (self.totals.counts[0] - before.counts.iter().sum::<u64>(), self.totals.sum - before.sum)
    }

    fn limited(&self) -> [u64; 3] {
        [Policy::Reset, Policy::Widen, Policy::Halve].map(|policy| self.limited.get(policy))
    }
}

/// In the form of the test vectors.
fn observed(native: Native, values: &[f64]) -> Observed {
    let mut observed = Observed::new(native);
    observed.clock.forward(30);
    for value in values {
        observed.observe(*value);
        observed.clock.forward(60);
    }
    observed
}

fn total(sample: &NativeSample<'_>) -> u64 {
    let side = |side: &[(i32, u64)]| side.iter().map(|(_, count)| count).sum::<u64>();
    sample.zero_count + side(sample.positive) + side(sample.negative)
}

#[test]
fn observations_fall_where_those_of_the_library_for_go_fall() {
    assert!(VECTORS.len() > 10);
    for (number, vector) in VECTORS.iter().enumerate() {
        let TestVector { values, native, schema, zero, positive, count_and_sum, limited } = vector;
        let mirrored: Vec<_> = values.iter().map(|value| -value).collect();
        for (values, sign) in [(*values, 1.0), (&mirrored, -1.0)] {
            let observed = observed(*native, values);
            let reading = observed.read();
            let sample = reading.sample();
            let (side, other) = if sign > 0.0 {
                (sample.positive, sample.negative)
            } else {
                (sample.negative, sample.positive)
            };
            assert_eq!((side, other), (*positive, &[][..]), "{number}");
            assert_eq!(
                (sample.schema, (sample.zero_threshold, sample.zero_count)),
                (*schema, *zero),
                "{number}"
            );
            let (count, sum) = observed.since();
            assert_eq!((count, total(&sample)), (count_and_sum.0, count), "{number}");
            assert!((sum - sign * count_and_sum.1).abs() < 1e-9, "{number}: {sum}");
            assert_eq!(observed.limited(), *limited, "{number}");
            assert_eq!(reading.created.is_some(), limited[0] > 0, "{number}");
        }
    }
}

#[test]
fn what_was_coarsened_is_fine_again_after_the_first_scrape_that_finds_it_due() {
    let native = Native::new().schema(3).max_buckets(2).reset_after(Some(Duration::from_secs(600)));
    let mut observed = Observed::new(native);
    for value in [1.0, 10.0, 100.0] {
        observed.observe(value);
    }
    assert!(observed.read().sample().schema < 3);
    observed.clock.forward(599);
    let _ = observed.read();
    observed.observe(1.0);
    assert_eq!((total(&observed.read().sample()), observed.limited()[0]), (4, 0));

    observed.clock.forward(1);
    for _ in 0..2 {
        // All of it is shown, whichever reader comes first; only an observation resets.
        assert_eq!(total(&observed.read().sample()), 4);
    }
    observed.clock.forward(5);
    observed.observe(7.0);
    let reading = observed.read();
    assert_eq!((reading.sample().schema, total(&reading.sample())), (3, 1));
    assert_eq!(reading.created, Some(UNIX_EPOCH + Duration::from_secs(605)));
    assert_eq!((observed.since(), observed.limited()[0]), ((1, 7.0), 1));
    observed.observe(7.0);
    assert_eq!((total(&observed.read().sample()), observed.since()), (2, (2, 14.0)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_observation_is_in_the_bucket_that_it_belongs_to(
        values in proptest::collection::vec((-30.0..30.0_f64, any::<bool>()), 1..300),
        schema in -4..=8_i32,
        max_buckets in 1..40_usize,
        max_zero_threshold in prop_oneof![Just(0.0), 0.0..10.0_f64],
    ) {
        let native = Native::new().schema(schema).max_buckets(max_buckets).reset_after(None);
        let mut observed = Observed::new(native.max_zero_threshold(max_zero_threshold));
        let values: Vec<_> =
            values.iter().map(|(power, negative)| if *negative { -power.exp2() } else { power.exp2() }).collect();
        for value in &values {
            observed.observe(*value);
        }
        let reading = observed.read();
        let sample = reading.sample();
        prop_assert_eq!(total(&sample), values.len() as u64);
        prop_assert!(sample.zero_threshold <= max_zero_threshold.max(native.zero_threshold));
        let buckets = sample.positive.len() + sample.negative.len();
        prop_assert!(buckets <= max_buckets || sample.schema == -4);
        // Inserted again, as if all had been known before.
        let zero = values.iter().filter(|value| value.abs() <= sample.zero_threshold).count() as u64;
        prop_assert_eq!(sample.zero_count, zero);
        for (side, sign) in [(sample.positive, 1.0), (sample.negative, -1.0)] {
            prop_assert!(side.is_sorted_by(|a, b| a.0 < b.0));
            for (index, count) in side {
                let lower = end(index - 1, sample.schema).max(sample.zero_threshold);
                let within = |value: &&f64| (lower..=end(*index, sample.schema)).contains(&(**value * sign));
                let within = values.iter().filter(within).filter(|value| **value * sign > lower).count();
                prop_assert_eq!(*count, within as u64);
            }
        }
    }
}

#[test]
fn no_observation_is_lost_while_buckets_change() {
    const EACH: u32 = 40_000;
    // Few buckets over many powers, so that the zero bucket widens and the resolution halves all the time.
    for (native, resets) in [
        (Native::new().schema(8).max_buckets(20).max_zero_threshold(0.01).reset_after(None), false),
        (Native::new().schema(8).max_buckets(20).reset_after(Some(Duration::ZERO)), true),
    ] {
        let clock = Hand::default();
        let (buckets, limited) = (NativeBuckets::new(native, &clock), Limited::default());
        let done = AtomicU64::new(0);
        std::thread::scope(|scope| {
            for thread in 0..4_u32 {
                let (buckets, limited, clock, done) = (&buckets, &limited, &clock, &done);
                scope.spawn(move || {
                    for n in 0..EACH {
                        // Wider and wider apart.
                        let spread = f64::from(n) / f64::from(EACH) * 40.0;
                        let power = spread * (f64::from((n * 7 + thread) % 101) / 50.0 - 1.0);
                        let value = if n % 3 == 0 { -power.exp2() } else { power.exp2() };
                        if !buckets.add(value) {
                            buckets.add_anyway(value, limited, clock, Totals::default);
                        }
                    }
                    // Relaxed: a reader joins the thread, or is content with less.
                    done.fetch_add(1, Ordering::Relaxed);
                });
            }
            // Relaxed: as above.
            let mut last = 0;
            while done.load(Ordering::Relaxed) < 4 {
                let now = total(&buckets.read(&clock).sample());
                assert!(resets || now >= last, "{now} after {last}");
                last = now;
            }
        });
        let reading = buckets.read(&clock);
        let all = total(&reading.sample());
        if resets {
            assert!(limited.get(Policy::Reset) > 10 && all < u64::from(EACH) * 4);
        } else {
            assert_eq!(all, u64::from(EACH) * 4);
            assert!(limited.get(Policy::Widen) > 0 && limited.get(Policy::Halve) > 0);
        }
    }
}

#[test]
fn exemplars_are_of_different_powers_of_two_and_grow_old() {
    let registry = Registry::new();
    let declared = registry.histogram("wait_seconds", "Wait.").buckets(Buckets::from_static(&[1.0]));
    let wait = declared.native(Native::new()).build().unwrap();
    let context = SpanContext::new(TraceId::random(), SpanId::random(), TraceFlags::SAMPLED);
    wait.observe(9.0);
    {
        let _current = context.enter();
        [0.001, 0.3, 5.0].into_iter().for_each(|value| wait.observe(value));
    }
    wait.observe_with_exemplar(-4.0, &[("order", "4711")]);
    let mut seen = Seen::default();
    registry.visit(&mut seen);
    assert_eq!(seen.exemplars, [-4.0, 0.001, 0.3, 5.0]);
    assert_eq!((seen.native, seen.classic), (5, 5));

    let observed = Observed::new(Native::new());
    observed.native.offer(1.0, &context);
    observed.clock.forward(UNIX_EPOCH.elapsed().unwrap().as_secs() + 299);
    assert_eq!(observed.read().sample().exemplars.len(), 1);
    observed.clock.forward(2);
    assert_eq!(observed.read().sample().exemplars.len(), 0);
}

#[derive(Debug, Default)]
struct Seen {
    exemplars: Vec<f64>,
    native: u64,
    classic: u64,
}

impl crate::model::Visitor for Seen {
    fn family(&mut self, _: &crate::model::FamilyInfo<'_>) {}

    fn number(&mut self, _: &crate::model::LabelSet, _: &crate::model::NumberSample<'_>) {}

    fn histogram(&mut self, _: &crate::model::LabelSet, sample: &crate::model::HistogramSample<'_>) {
        let native = sample.native.unwrap_or_default();
        self.exemplars = native.exemplars.iter().map(crate::model::Exemplar::value).collect();
        (self.native, self.classic) = (total(&native), sample.count());
    }

    fn summary(&mut self, _: &crate::model::LabelSet, _: &crate::model::SummarySample<'_>) {}
}

#[test]
fn classic_buckets_and_the_sum_begin_anew_with_the_others() {
    let registry = Registry::new();
    let declared = registry.histogram("wait_seconds", "Wait.").buckets(Buckets::from_static(&[1.0]));
    let wait =
        declared.native(Native::new().max_buckets(1).reset_after(Some(Duration::ZERO))).build().unwrap();
    for value in [0.5, 0.5, 4.0, 4.0] {
        wait.observe(value);
    }
    assert_eq!((wait.count(), wait.sum()), (2, 8.0));
    let text = registry.text();
    for line in [
        "wait_seconds_bucket{le=\"1\"} 0\n",
        "wait_seconds_bucket{le=\"+Inf\"} 2\n",
        "wait_seconds_sum 8\n",
        "wait_seconds_count 2\n",
        "radiosonde_metrics_native_limited_total{family=\"wait_seconds\",policy=\"halve\"} 0\n",
        "radiosonde_metrics_native_limited_total{family=\"wait_seconds\",policy=\"reset\"} 1\n",
    ] {
        assert!(text.contains(line), "no {line} in {text}");
    }
}

#[test]
fn a_histogram_may_have_exponential_buckets_alone_and_refuses_what_would_spoil_it() {
    let registry = Registry::new();
    let declare = |native| registry.histogram("size_bytes", "Size.").buckets(Buckets::NONE).native(native);
    let size = declare(Native::new()).build().unwrap();
    for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.0, 512.0] {
        size.observe(value);
    }
    let mut seen = Seen::default();
    registry.visit(&mut seen);
    assert_eq!((seen.native, seen.classic, size.count()), (2, 2, 2));
    let text = registry.text();
    assert!(
        text.contains("size_bytes_bucket{le=\"+Inf\"} 2\nsize_bytes_sum 512\nsize_bytes_count 2\n"),
        "{text}"
    );
    assert!(text.contains("{family=\"size_bytes\",reason=\"infinite\"} 2\n"), "{text}");

    let differs = declare(Native::new().schema(2)).build().unwrap_err();
    assert!(differs.to_string().contains("has the native buckets "), "{differs}");
    let refused = registry.histogram("b_bytes", "B.").native(Native::new().schema(9)).build().unwrap_err();
    assert!(matches!(refused.kind(), RegisterErrorKind::Native(_)), "{refused}");
    assert_eq!(coarsened(finest(512.0), 3), 72);
    assert_eq!(registry.snapshot().family("size_bytes").unwrap().kind(), Kind::Histogram);
}
