use std::cell::RefCell;

use radiosonde_core::{SpanContext, SpanId, TraceFlags};

use super::*;
use crate::spans::finished_span::{FinishedSpan, SpanStatus};

fn span(trace: TraceId, name: &'static str, fails: bool) -> EncodedSpan {
    let mut span = FinishedSpan::new(SpanContext::new(trace, SpanId::random(), TraceFlags::NONE), name);
    if fails {
        span.status = SpanStatus::Error { description: "".into() };
    }
    span.encode()
}

struct Run {
    tail: Tail,
    passed: RefCell<Vec<String>>,
}

impl Run {
    fn new(options: &TailOptions) -> Self {
        Self { tail: Tail::new(options), passed: RefCell::default() }
    }

    fn end(&self, trace: TraceId, name: &'static str, fails: bool) -> usize {
        let pass = |span: EncodedSpan| self.passed.borrow_mut().push(span.decode().name.into_owned());
        self.tail.ended(span(trace, name, fails), false, pass)
    }

    fn held(&self) -> (usize, usize) {
        let held = self.tail.shards.iter().map(|shard| shard.lock().unwrap().held());
        held.fold((0, 0), |sum, held| (sum.0 + held.0, sum.1 + held.1))
    }
}

#[test]
fn a_trace_with_an_error_is_passed_on_whole() {
    let run = Run::new(&TailOptions::new());
    let (bad, good) = (TraceId::random(), TraceId::random());
    for trace in [bad, good] {
        for _ in 0..4 {
            run.tail.opened(trace);
        }
    }
    run.end(good, "good", false);
    run.end(bad, "first", false);
    assert!(run.passed.borrow().is_empty());
    run.end(bad, "failed", true);
    assert_eq!(*run.passed.borrow(), ["first", "failed"]);
    run.end(good, "good", false);
    run.end(bad, "later", false);
    run.end(bad, "root", false);
    assert_eq!(*run.passed.borrow(), ["first", "failed", "later", "root"]);
    run.end(good, "good", false);
    run.end(good, "good", false);
    assert_eq!(run.held(), (0, 0));
}

#[test]
fn memory_is_bounded_and_the_oldest_traces_go_first() {
    let options = TailOptions::new().with_max_bytes(64 * 1024).with_max_traces(64);
    let run = Run::new(&options);
    let mut gone = 0;
    let mut made = 0;
    for _ in 0..10_000 {
        let trace = TraceId::random();
        gone += run.tail.opened(trace) + run.tail.opened(trace);
        gone += run.end(trace, "one", false);
        made += 1;
    }
    let (traces, bytes) = run.held();
    assert!(traces <= 64 && bytes <= 64 * 1024, "{traces} {bytes}");
    let left = bytes / span(TraceId::random(), "one", false).size();
    assert_eq!(gone + left, made, "what went is counted");
}

#[test]
fn an_error_of_a_trace_that_had_to_go_is_still_passed_on() {
    let run = Run::new(&TailOptions::new().with_max_traces(16));
    let trace = TraceId::random();
    run.tail.opened(trace);
    for _ in 0..1000 {
        run.tail.opened(TraceId::random());
    }
    run.end(trace, "failed", true);
    assert_eq!(*run.passed.borrow(), ["failed"]);
}

#[test]
fn a_slow_span_keeps_its_trace() {
    let run = Run::new(&TailOptions::new().slower_than(Duration::from_millis(5)));
    let trace = TraceId::random();
    run.tail.opened(trace);
    let context = SpanContext::new(trace, SpanId::random(), TraceFlags::NONE);
    let mut slow = FinishedSpan::new(context, "slow");
    slow.end = slow.start + Duration::from_millis(6);
    let pass = |span: EncodedSpan| run.passed.borrow_mut().push(span.decode().name.into_owned());
    run.tail.ended(slow.encode(), false, pass);
    assert_eq!(*run.passed.borrow(), ["slow"]);
}
