//! Times of creation of counters and histograms.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::time::{Duration, SystemTime};

use radiosonde_core::{Clock as _, SystemClock};
use radiosonde_metrics::Registry;
use radiosonde_metrics::model::{
    FamilyInfo, HistogramSample, LabelSet, NumberSample, SummarySample, Visitor,
};

/// Labels and time of creation of whatever it is shown, our own family of internals aside.
#[derive(Default)]
struct Times {
    family: String,
    seen: Vec<(String, Option<SystemTime>)>,
}

impl Times {
    fn add(&mut self, labels: &LabelSet, created: Option<SystemTime>) {
        if !self.family.starts_with("radiosonde_") {
            self.seen.push((format!("{}{labels}", self.family), created));
        }
    }
}

impl Visitor for Times {
    fn family(&mut self, family: &FamilyInfo<'_>) {
        self.family = family.name.to_owned();
    }

    fn number(&mut self, labels: &LabelSet, sample: &NumberSample<'_>) {
        self.add(labels, sample.created);
    }

    fn histogram(&mut self, labels: &LabelSet, sample: &HistogramSample<'_>) {
        self.add(labels, sample.created);
    }

    fn summary(&mut self, labels: &LabelSet, sample: &SummarySample<'_>) {
        self.add(labels, sample.created);
    }
}

#[test]
fn counters_and_histograms_know_when_they_began_and_gauges_have_nothing_to_tell() {
    // Times of creation are whole milliseconds.
    let before = SystemClock.now() - Duration::from_millis(1);
    let registry = Registry::new();
    registry.counter("a_total", "A.").build().unwrap();
    let counters = registry.float_counter("b_seconds_total", "B.").labels(&["x"]).unwrap();
    registry.histogram("c_seconds", "C.").build().unwrap();
    registry.gauge("d", "D.").build().unwrap();
    let between = SystemClock.now();
    while SystemClock.now() < between + Duration::from_millis(2) {
        std::hint::spin_loop();
    }
    counters.with(&["late"]).inc_by(1.0);
    let after = SystemClock.now();

    let mut first = Times::default();
    registry.visit(&mut first);
    let mut again = Times::default();
    registry.visit(&mut again);
    assert_eq!(first.seen, again.seen, "a series begins once");
    let created = |name: &str| first.seen.iter().find(|(labels, _)| labels == name).unwrap().1;
    for name in ["a_total{}", "c_seconds{}"] {
        let created = created(name).unwrap();
        assert!(before <= created && created <= between, "{name}: {created:?}");
    }
    let late = created("b_seconds_total{x=\"late\"}").unwrap();
    assert!(between < late && late <= after, "{late:?}");
    assert_eq!(created("d{}"), None);
}
