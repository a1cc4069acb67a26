//! Random operations: the counters, histograms, spans, lines and gauges agree with what the work saw, per operation and in sum.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

mod ledger;
mod plan;
mod world;

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, LazyLock, Mutex, Once, PoisonError};

use proptest::prelude::*;
use radiosonde_core::Resource;
use radiosonde_log::{Format, JsonLayer, LogFilter, Writer};
use radiosonde_metrics::Registry;
use radiosonde_metrics::snapshot::Snapshot;
use radiosonde_signals::GoldenSignals;
use radiosonde_testkit::SharedBuffer;
use radiosonde_trace::{AttributeValue, CaptureSpans, FinishedSpan, SpanStatus, TracePipeline};
use serde_json::Value;
use tokio::runtime::Runtime;
use tracing::Dispatch;
use tracing::instrument::WithSubscriber as _;
use tracing_subscriber::Layer as _;
use tracing_subscriber::layer::SubscriberExt as _;

use crate::ledger::{AsMeant, Entry, InFlight, Ledger};
use crate::plan::{Door, End, Place, Plan, Work, plans};
use crate::world::{World, poll_to_the_end};

/// The tests share the global registry.
static TURN: Mutex<()> = Mutex::new(());

static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap());

/// What a run left behind.
struct Seen {
    entries: Vec<Entry>,
    in_flight: Vec<InFlight>,
    /// Whether all calls were made by one thread.
    by_one_thread: bool,
    spans: Vec<FinishedSpan>,
    lines: Vec<Value>,
    before: Snapshot,
    after: Snapshot,
}

/// Keeps planned panics out of the output of the test.
fn silence_planned_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let default = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !info.payload().is::<AsMeant>() {
                default(info);
            }
        }));
    });
}

fn run(plans: Vec<(Place, Plan)>) -> Seen {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    silence_planned_panics();
    let (ledger, spans, lines) = (Ledger::default(), CaptureSpans::new(), SharedBuffer::new());
    let (resource, registry) = (Resource::new("test"), Registry::new());
    let pipeline = TracePipeline::builder(&resource).sink(spans.clone()).registry(&registry).build().unwrap();
    let log = JsonLayer::builder(&resource).format(Format::Json).registry(&registry);
    let log = log.writer(Writer::new("test", lines.clone())).build().unwrap();
    let log = log.with_filter("debug".parse::<LogFilter>().unwrap());
    let dispatch = Dispatch::new(tracing_subscriber::registry().with(pipeline.layer()).with(log));
    let world = World { ledger: ledger.clone(), dispatch: dispatch.clone() };
    let before = Registry::global().snapshot();
    let dispatch = &dispatch;
    let by_one_thread = plans.iter().all(|(place, _)| matches!(place, Place::Here));
    std::thread::scope(|scope| {
        let (mut here, mut tasks) = (Vec::new(), Vec::new());
        for (place, plan) in plans {
            let call = world.call(&Arc::new(Plan { bubbles: false, ..plan }));
            match place {
                Place::Here => here.push(call),
                Place::Thread => drop(scope.spawn(move || {
                    tracing::dispatcher::with_default(dispatch, || poll_to_the_end(call));
                })),
                Place::Task => tasks.push(RUNTIME.spawn(call.with_subscriber(dispatch.clone()))),
            }
        }
        for call in here {
            tracing::dispatcher::with_default(dispatch, || poll_to_the_end(call));
        }
        for task in tasks {
            RUNTIME.block_on(task).unwrap();
        }
    });
    let after = Registry::global().snapshot();
    let lines = lines.lines().iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    let (entries, in_flight) = (ledger.entries(), ledger.in_flight());
    Seen { entries, in_flight, by_one_thread, spans: spans.take(), lines, before, after }
}

/// How often each value is there.
fn count<T: Ord>(values: impl Iterator<Item = T>) -> BTreeMap<T, usize> {
    values.fold(BTreeMap::new(), |mut counts, value| {
        *counts.entry(value).or_default() += 1;
        counts
    })
}

impl Seen {
    fn of(&self, name: &str) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(move |entry| entry.work.name() == name)
    }

    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it counts")]
    fn increase(&self, metric: &str, labels: &[(&str, &str)]) -> usize {
        self.after.increase_since(&self.before, metric, labels) as usize
    }

    /// The four golden signals of an operation, by the names under which the registry lists them.
    fn check_golden(&self, signals: &GoldenSignals) {
        let name = signals.name();
        let grown = |series: Option<&radiosonde_signals::Series>| {
            let series = series.unwrap();
            series.sum(&self.after) - series.sum(&self.before)
        };
        let calls = self.of(name).count() as f64;
        let errors = self.of(name).filter(|entry| entry.kind.is_some()).count() as f64;
        assert_eq!(grown(signals.traffic()), calls, "{name}");
        assert_eq!(grown(signals.latency()), calls, "{name}");
        assert_eq!(grown(signals.errors()), errors, "{name}");
        assert_eq!(signals.saturation().unwrap().in_use().sum(&self.after), 0.0, "{name}");
    }

    /// While a call is open, the gauge counts it: with all open ones, of one thread; of several, one may still be ending elsewhere.
    fn check_in_flight(&self) {
        assert_eq!(self.in_flight.len(), self.entries.len());
        for seen in &self.in_flight {
            let open = seen.open as f64;
            let agrees = if self.by_one_thread { seen.gauge == open } else { seen.gauge >= open };
            assert!(agrees, "{seen:?}");
        }
    }

    /// The counters of calls and of errors, by their labels.
    fn check_series(&self, work: Work) {
        let name = work.name();
        let (calls, errors, label, mut labels) = match work {
            Work::Index => ("agree_index_total", "agree_index_errors_total", "status", vec![]),
            Work::Charge(provider) => (
                "agree_operation_calls_total",
                "agree_operation_errors_total",
                "outcome",
                vec![("operation", name), ("provider", provider)],
            ),
            _ => ("operation_calls_total", "operation_errors_total", "outcome", vec![("operation", name)]),
        };
        let entries = || self.entries.iter().filter(|entry| entry.work == work);
        for outcome in ["completed", "failed", "aborted", "panicked", "success", "error"] {
            let is_it = |entry: &&Entry| match outcome {
                "success" => work == Work::Index && entry.outcome == "completed",
                "error" => work == Work::Index && entry.outcome != "completed",
                _ => work != Work::Index && entry.outcome == outcome,
            };
            labels.push((label, outcome));
            assert_eq!(self.increase(calls, &labels), entries().filter(is_it).count(), "{work:?} {outcome}");
            labels.pop();
        }
        for kind in ["refused", "broken", "other", "panic", "timeout", "shed"] {
            let counted = entries().filter(|entry| entry.kind == Some(kind)).count();
            labels.push(("kind", kind));
            assert_eq!(self.increase(errors, &labels), counted, "{work:?} {kind}");
            labels.pop();
        }
    }

    /// Each span and each line is one of a call that ended so.
    fn check_spans_and_lines(&self) {
        let expected = self.entries.iter().map(|entry| {
            let error_type = match (entry.outcome, entry.kind) {
                ("aborted", _) => Some("aborted"),
                (_, Some("other")) => Some("_OTHER"),
                (_, kind) => kind,
            };
            (entry.work.name().to_owned(), entry.kind.is_some(), error_type.map(str::to_owned))
        });
        let spans = self.spans.iter().map(|span| {
            let error_type = span.attribute("error.type").map(|value| match value {
                AttributeValue::String(text) => text.to_string(),
                other => panic!("{other:?}"),
            });
            let is_error = matches!(span.status, SpanStatus::Error { .. });
            (span.name.to_string(), is_error, error_type)
        });
        assert_eq!(count(spans), count(expected));
        let continued = self.spans.iter().filter(|span| span.parent_is_remote).count();
        assert_eq!(continued, self.entries.iter().filter(|entry| entry.is_continued).count());
        let expected = self
            .entries
            .iter()
            .map(|entry| (entry.work.name().to_owned(), entry.outcome.to_owned(), entry.outcome == "failed"));
        let lines = self.lines.iter().map(|line| {
            let fields = &line["metadata"];
            let text = |key: &str| fields[key].as_str().unwrap_or_default().to_owned();
            (text("operation"), text("outcome"), !fields["error"].is_null())
        });
        assert_eq!(count(lines), count(expected), "{:#?}", self.lines.first());
        // Each line is in the span of its call.
        let ids = |ids: &mut dyn Iterator<Item = String>| ids.collect::<BTreeSet<_>>();
        let lines = ids(&mut self.lines.iter().map(|line| line["span_id"].as_str().unwrap().to_owned()));
        let spans = ids(&mut self.spans.iter().map(|span| span.context.span_id().to_string()));
        assert_eq!(lines, spans);
    }

    fn check(&self) {
        let golden = GoldenSignals::of(Registry::global());
        for signals in &golden {
            self.check_golden(signals);
        }
        let named: BTreeSet<&str> = golden.iter().map(GoldenSignals::name).collect();
        let called: BTreeSet<&str> = self.entries.iter().map(|entry| entry.work.name()).collect();
        assert!(called.is_subset(&named), "{called:?}, {named:?}");
        self.check_in_flight();
        let works = [Work::Price, Work::Plain, Work::Index, Work::Charge("acme"), Work::Charge("zeta")];
        for work in works.into_iter().chain([Work::Observed, Work::ObservedLater, Work::Streamed]) {
            self.check_series(work);
        }
        self.check_spans_and_lines();
        let all = ["operation_calls_total", "agree_operation_calls_total", "agree_index_total"];
        let calls: usize = all.iter().map(|metric| self.increase(metric, &[])).sum();
        let numbers = [calls, self.spans.len(), self.lines.len()];
        assert_eq!(numbers, [self.entries.len(); 3]);
    }
}

proptest! {
    #[test]
    fn every_signal_agrees_with_what_the_work_saw(plans in plans()) {
        let seen = run(plans);
        let checked = catch_unwind(AssertUnwindSafe(|| seen.check()));
        prop_assert!(checked.is_ok(), "{:#?}", seen.entries);
    }
}

#[test]
fn the_gauge_counts_calls_within_calls_and_none_after_them() {
    let call = |door, within| Plan {
        work: Work::Price,
        door,
        end: End::Ok,
        yields: 1,
        polls: None,
        bubbles: false,
        within,
        concurrent: true,
    };
    let inner = vec![call(Door::RunAsync, vec![]), call(Door::RunAsync, vec![])];
    let outer = call(Door::RunAsync, vec![call(Door::RunAsync, inner)]);
    let seen = run(vec![(Place::Here, outer)]);
    let gauges: Vec<_> = seen.in_flight.iter().map(|seen| (seen.name, seen.gauge)).collect();
    assert_eq!(gauges, [1.0, 2.0, 3.0, 4.0].map(|calls| ("price", calls)));
    assert!(GoldenSignals::of(Registry::global()).iter().any(|signals| signals.name() == "price"));
    seen.check();
}

#[test]
fn the_work_sees_each_of_its_ends() {
    let call = |end, polls| Plan {
        work: Work::Price,
        door: Door::RunAsync,
        end,
        yields: 2,
        polls,
        bubbles: false,
        within: Vec::new(),
        concurrent: false,
    };
    let ends = [
        (End::Ok, None, Some(("completed", None))),
        (End::Ok, Some(3), Some(("completed", None))),
        (End::Ok, Some(2), Some(("aborted", None))),
        (End::Ok, Some(0), None),
        (End::Refused, None, Some(("failed", Some("refused")))),
        (End::Broken, None, Some(("failed", Some("broken")))),
        (End::Unforeseen, None, Some(("failed", Some("other")))),
        (End::Panic, None, Some(("panicked", Some("panic")))),
    ];
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    for (end, polls, expected) in ends {
        silence_planned_panics();
        let world = World { ledger: Ledger::default(), dispatch: Dispatch::none() };
        let call = call(end, polls);
        poll_to_the_end(world.call(&Arc::new(call)));
        let seen: Vec<_> = world.ledger.entries().iter().map(|entry| (entry.outcome, entry.kind)).collect();
        assert_eq!(seen, Vec::from_iter(expected), "{end:?} {polls:?}");
    }
}
