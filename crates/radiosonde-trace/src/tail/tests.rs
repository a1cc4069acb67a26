use std::cell::RefCell;
use std::collections::HashMap;

use proptest::prelude::*;
use radiosonde_core::{SpanContext, SpanId, TraceFlags};

use super::*;
use crate::spans::attribute::Attribute;
use crate::spans::finished_span::{FinishedSpan, SpanStatus};

fn span(trace: TraceId, name: &'static str, fails: bool) -> EncodedSpan {
    let mut span = FinishedSpan::new(SpanContext::new(trace, SpanId::random(), TraceFlags::NONE), name);
    if fails {
        span.status = SpanStatus::Error { description: "".into() };
    }
    span.encode()
}

/// A span of at least this many bytes.
fn large(trace: TraceId, bytes: usize, fails: bool) -> EncodedSpan {
    let mut span = span(trace, "large", fails).decode();
    span.attributes = vec![Attribute::new("text", "x".repeat(bytes))];
    span.encode()
}

/// A trace in this shard.
fn trace_in(shard: u8) -> TraceId {
    let mut bytes = TraceId::random().to_bytes();
    bytes[15] = shard;
    TraceId::from_bytes(bytes).unwrap()
}

struct Run {
    tail: Tail,
    passed: RefCell<Vec<String>>,
}

impl Run {
    fn new(options: &TailOptions) -> Self {
        Self { tail: Tail::new(options), passed: RefCell::default() }
    }

    fn open(&self, trace: TraceId, spans: usize) {
        (0..spans).for_each(|_| self.tail.opened(trace));
    }

    fn end(&self, trace: TraceId, name: &'static str, fails: bool) -> usize {
        self.end_span(span(trace, name, fails))
    }

    fn end_span(&self, span: EncodedSpan) -> usize {
        let pass = |span: EncodedSpan| self.passed.borrow_mut().push(span.decode().name.into_owned());
        self.tail.ended(span, false, pass)
    }

    fn take_passed(&self) -> usize {
        self.passed.take().len()
    }

    /// Traces with open spans, traces that hold spans, and the bytes of these.
    fn held(&self) -> (usize, usize, usize) {
        let open = self.tail.shards.iter().map(|shard| shard.with(|traces| traces.open_traces())).sum();
        let (traces, bytes) = self.tail.budget.held();
        (open, traces, bytes)
    }

    /// The spans held of each trace that holds any, with the trace's number.
    fn spans(&self) -> HashMap<TraceId, (u64, usize)> {
        let mut all = HashMap::new();
        for shard in &self.tail.shards {
            shard.with(|traces| {
                for (number, waiting) in traces.waiting() {
                    let spans = waiting.spans();
                    all.insert(spans[0].context().trace_id(), (*number, spans.len()));
                }
            });
        }
        all
    }
}

#[test]
fn a_trace_with_an_error_is_passed_on_whole() {
    let run = Run::new(&TailOptions::new());
    let (bad, good) = (TraceId::random(), TraceId::random());
    run.open(bad, 4);
    run.open(good, 4);
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
    assert_eq!(run.held(), (0, 0, 0));
}

#[test]
fn memory_is_bounded_and_the_oldest_traces_go_first() {
    let options = TailOptions::new().max_bytes(64 * 1024).max_traces(64);
    let run = Run::new(&options);
    let (mut gone, mut made) = (0, 0);
    let traces: Vec<_> = (0..10_000).map(|_| TraceId::random()).collect();
    for trace in &traces {
        run.open(*trace, 2);
        gone += run.end(*trace, "one", false);
        made += 1;
    }
    let (_, waiting, bytes) = run.held();
    assert!(waiting <= 64 && bytes <= 64 * 1024, "{waiting} {bytes}");
    assert_eq!(gone + waiting, made, "what went is counted");
    let spans = run.spans();
    assert!(traces[made - waiting..].iter().all(|trace| spans.contains_key(trace)), "the latest are left");
}

#[test]
fn one_trace_may_use_all_of_the_memory() {
    let run = Run::new(&TailOptions::new().max_bytes(8 << 20));
    let trace = TraceId::random();
    run.open(trace, 3001);
    // Each of 16 shards would have 512 KiB.
    let lost: usize = (0..3000).map(|_| run.end_span(large(trace, 700, false))).sum();
    assert!(run.held().2 > 2 << 20, "{:?}", run.held());
    run.end(trace, "root", true);
    assert_eq!((lost, run.take_passed()), (0, 3001));
    assert_eq!(run.held(), (0, 0, 0));
}

#[test]
fn the_memory_counted_is_the_memory_of_the_buffers() {
    let run = Run::new(&TailOptions::new());
    let trace = TraceId::random();
    run.open(trace, 301);
    // Buffers that were long: once these are back in the pool, short spans take them.
    drop((0..300).map(|_| large(trace, 7000, false)).collect::<Vec<_>>());
    let mut least = 0;
    for _ in 0..300 {
        let span = span(trace, "short", false);
        assert!(span.heap_bytes() >= span.bytes().len());
        least += size_of::<EncodedSpan>() + span.bytes().len();
        run.end_span(span);
    }
    let (_, _, bytes) = run.held();
    assert!(bytes >= least && bytes < 300 * 2048, "{bytes} for {least}");
    let counted = run.tail.shard(trace).with(|traces| traces.waiting().values().next().unwrap().memory());
    assert_eq!(bytes, counted);
}

#[test]
fn an_error_of_a_trace_that_was_evicted_passes_on_what_is_left() {
    let run = Run::new(&TailOptions::new().max_traces(16));
    let trace = TraceId::random();
    run.open(trace, 5);
    run.end(trace, "evicted", false);
    let others: Vec<_> = (0..1000).map(|_| TraceId::random()).collect();
    for other in &others {
        run.open(*other, 2);
        run.end(*other, "other", false);
    }
    assert!(!run.spans().contains_key(&trace));
    for other in &others {
        run.end(*other, "root", false);
    }
    // Its count of open spans is still known: a child that starts now is not the last.
    run.open(trace, 1);
    run.end(trace, "child", false);
    run.end(trace, "left", false);
    run.end(trace, "failed", true);
    run.end(trace, "later", false);
    run.end(trace, "root", false);
    assert_eq!(*run.passed.borrow(), ["child", "left", "failed", "later", "root"]);
    assert_eq!(run.held(), (0, 0, 0));
}

#[test]
fn a_trace_that_is_kept_is_never_evicted() {
    let run = Run::new(&TailOptions::new().max_bytes(64 * 1024).max_traces(8));
    let kept: Vec<_> = (0..128).map(|n| trace_in(n % 16)).collect();
    for trace in &kept {
        run.open(*trace, 3);
        run.end(*trace, "failed", true);
    }
    assert_eq!(run.take_passed(), 128);
    let heavy = trace_in(3);
    run.open(heavy, 1001);
    let lost: usize = (0..1000).map(|_| run.end_span(large(heavy, 1000, false))).sum();
    assert!(lost > 900, "{lost}");
    for trace in &kept {
        assert_eq!(run.end(*trace, "child", false) + run.end(*trace, "root", false), 0);
    }
    assert_eq!(run.take_passed(), 256);
}

#[test]
fn a_heavy_trace_that_goes_on_evicts_itself_before_younger_ones() {
    let run = Run::new(&TailOptions::new().max_bytes(256 * 1024));
    let (heavy, young) = (trace_in(1), trace_in(2));
    run.open(heavy, 2001);
    run.open(young, 2);
    run.end(young, "young", false);
    let lost: usize = (0..2000).map(|_| run.end_span(large(heavy, 1000, false))).sum();
    assert!(lost > 1000, "{lost}");
    run.end(young, "failed", true);
    assert_eq!(*run.passed.borrow(), ["young", "failed"]);
}

#[test]
fn a_slow_span_keeps_its_trace() {
    let run = Run::new(&TailOptions::new().slower_than(Duration::from_millis(5)));
    let trace = TraceId::random();
    run.tail.opened(trace);
    let context = SpanContext::new(trace, SpanId::random(), TraceFlags::NONE);
    let mut slow = FinishedSpan::new(context, "slow");
    slow.end = slow.start + Duration::from_millis(6);
    run.end_span(slow.encode());
    assert_eq!(*run.passed.borrow(), ["slow"]);
}

#[test]
fn threads_that_share_traces_pass_on_every_failed_one_whole() {
    const THREADS: usize = 4;
    const TRACES: usize = 2000;
    let tail = Tail::new(&TailOptions::new());
    let passed = Mutex::new(HashMap::<TraceId, usize>::new());
    let traces: Vec<_> = (0..TRACES).map(|_| TraceId::random()).collect();
    for trace in &traces {
        (0..THREADS).for_each(|_| tail.opened(*trace));
    }
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let (tail, passed, traces) = (&tail, &passed, &traces);
            scope.spawn(move || {
                for (n, trace) in traces.iter().enumerate() {
                    let fails = n % 8 == thread;
                    let lost = tail.ended(span(*trace, "span", fails), false, |span| {
                        *passed.lock().unwrap().entry(span.context().trace_id()).or_default() += 1;
                    });
                    assert_eq!(lost, 0);
                }
            });
        }
    });
    let passed = passed.into_inner().unwrap();
    for (n, trace) in traces.iter().enumerate() {
        assert_eq!(passed.get(trace).copied(), (n % 8 < THREADS).then_some(THREADS), "{n}");
    }
    assert_eq!(tail.budget.held(), (0, 0));
}

#[test]
fn threads_that_evict_at_once_lose_count_of_nothing() {
    let tail = Tail::new(&TailOptions::new().max_bytes(32 * 1024).max_traces(20));
    let (passed, lost) = (AtomicU64::new(0), AtomicU64::new(0));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let traces: Vec<_> = (0..500).map(|_| TraceId::random()).collect();
                for trace in traces.iter().chain(&traces) {
                    tail.opened(*trace);
                    tail.opened(*trace);
                    let gone = tail.ended(span(*trace, "span", false), false, |_| ());
                    lost.fetch_add(gone as u64, Ordering::SeqCst);
                }
                for trace in &traces {
                    for fails in [true, false] {
                        tail.ended(span(*trace, "span", fails), false, |_| {
                            passed.fetch_add(1, Ordering::SeqCst);
                        });
                    }
                }
            });
        }
    });
    assert!(lost.load(Ordering::SeqCst) > 3000);
    assert_eq!(passed.into_inner() + lost.into_inner(), 4 * 500 * 4);
    assert_eq!(tail.budget.held(), (0, 0));
}

/// What happens to one of a few traces.
#[derive(Debug, Clone)]
enum Step {
    Open(usize),
    /// A span ends, or moves to another trace if it has no bytes.
    End {
        trace: usize,
        bytes: Option<usize>,
        fails: bool,
    },
}

fn any_step() -> impl Strategy<Value = Step> {
    let bytes = proptest::option::weighted(0.95, 0..3000_usize);
    let end = (0..12_usize, bytes, proptest::bool::weighted(0.04));
    prop_oneof![
        (0..12_usize).prop_map(Step::Open),
        end.prop_map(|(trace, bytes, fails)| Step::End { trace, bytes, fails }),
    ]
}

/// What is known of a trace without the tail.
#[derive(Debug, Default, Clone, Copy)]
struct Model {
    open: usize,
    is_kept: bool,
}

/// Ends a span, and checks what becomes of all spans. Returns how many were passed, lost and unwanted.
fn end_and_check(run: &Run, id: TraceId, model: &mut Model, bytes: usize, fails: bool) -> [usize; 3] {
    let before = run.spans();
    let held: usize = before.values().map(|(_, spans)| spans).sum();
    let own = before.get(&id).map_or(0, |(_, spans)| *spans);
    let lost = run.end_span(large(id, bytes, fails));
    let passed = run.take_passed();
    let after = run.spans();
    let left: usize = after.values().map(|(_, spans)| spans).sum();
    model.is_kept |= fails;
    model.open -= 1;
    let is_last = model.open == 0;
    if model.is_kept || is_last {
        assert_eq!((lost, left), (0, held - own), "only the spans of this trace go");
        let gone = own + 1;
        assert_eq!(passed, if model.is_kept { gone } else { 0 });
        model.is_kept &= !is_last;
        return [passed, 0, gone - passed];
    }
    assert_eq!((passed, lost), (0, held + 1 - left), "a span is held or counted");
    let oldest_left = after.values().map(|(number, _)| *number).min().unwrap_or(u64::MAX);
    let evicted = before.iter().filter(|(id, _)| !after.contains_key(id));
    assert!(evicted.into_iter().all(|(_, (number, _))| *number < oldest_left), "the oldest go first");
    [0, lost, 0]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn every_span_that_ended_is_passed_on_unwanted_or_counted(
        steps in proptest::collection::vec(any_step(), 1..300),
        max_traces in 1..8_usize,
    ) {
        let run = Run::new(&TailOptions::new().max_bytes(20_000).max_traces(max_traces));
        let ids: Vec<_> = (0..12).map(|n| trace_in(n * 5 % 16)).collect();
        let mut models = [Model::default(); 12];
        let (mut ended, mut counts) = (0, [0; 3]);
        let mut end = |trace: usize, bytes, fails, models: &mut [Model; 12]| {
            ended += 1;
            let now = end_and_check(&run, ids[trace], &mut models[trace], bytes, fails);
            counts.iter_mut().zip(now).for_each(|(count, now)| *count += now);
        };
        for step in steps {
            match step {
                Step::Open(trace) => {
                    run.open(ids[trace], 1);
                    models[trace].open += 1;
                }
                Step::End { trace, .. } if models[trace].open == 0 => {}
                Step::End { trace, bytes: Some(bytes), fails } => end(trace, bytes, fails, &mut models),
                // The last one would end the trace without a span.
                Step::End { trace, .. } if models[trace].open > 1 => {
                    run.tail.closed(ids[trace]);
                    models[trace].open -= 1;
                }
                Step::End { .. } => {}
            }
            let (open, traces, bytes) = run.held();
            prop_assert!(traces <= max_traces && bytes <= 20_000, "{} {}", traces, bytes);
            prop_assert_eq!(open, models.iter().filter(|model| model.open > 0).count());
        }
        for trace in 0..12 {
            while models[trace].open > 0 {
                end(trace, 10, false, &mut models);
            }
        }
        prop_assert_eq!(run.held(), (0, 0, 0));
        prop_assert_eq!(counts.iter().sum::<usize>(), ended);
    }
}
