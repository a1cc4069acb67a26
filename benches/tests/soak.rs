//! Ten minutes of an attack on a limited family, compressed: 200 000 new label sets, while it is scraped.
//!
//! Nothing is timed: the cost of a scrape shows in its bytes and its allocations. Bytes are counted for the whole process,
//! so this is the only test here.

use std::sync::atomic::{AtomicUsize, Ordering};

use radiosonde_metrics::exposition::Format;
use radiosonde_metrics::{Counter, DynFamily, Histogram, Registry};
use radiosonde_testkit::CountingAllocator;

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

const SETS: usize = 200_000;
const THREADS: usize = 2;
const LIMIT: usize = 500;

struct Families {
    registry: Registry,
    requests: DynFamily<Counter>,
    waits: DynFamily<Histogram>,
}

/// The values that must not grow.
#[derive(Debug, PartialEq)]
struct State {
    lines: usize,
    allocations: u64,
}

impl Families {
    fn new() -> Self {
        let registry = Registry::new();
        let labels = ["user", "path"];
        let requests =
            registry.counter("requests_total", "Requests.").max_series(LIMIT).labels(&labels).unwrap();
        let waits = registry.histogram("wait_seconds", "Wait.").max_series(LIMIT).labels(&labels).unwrap();
        Self { registry, requests, waits }
    }

    fn throw(&self, sets: impl Iterator<Item = usize>) {
        for n in sets {
            let (user, path) = (n.to_string(), format!("/user/{n}/../{}", n * 7919 % SETS));
            self.requests.with(&[&user, &path]).inc();
            self.waits.with(&[&user, &path]).observe(0.3);
        }
    }

    fn scrape(&self) -> (State, usize) {
        let before = CountingAllocator::allocations();
        let text = self.registry.encode(Format::Text);
        let state =
            State { allocations: CountingAllocator::allocations() - before, lines: text.lines().count() };
        (state, text.len())
    }
}

#[test]
fn a_flood_of_label_sets_changes_nothing_but_the_counts() {
    let families = Families::new();
    // The limit is reached, and the first scrapes have learned the length of the text.
    families.throw(0..2 * LIMIT);
    let _ = (families.scrape(), families.scrape());
    let (state, length) = families.scrape();
    let live = CountingAllocator::live_bytes();

    let done = AtomicUsize::new(0);
    let (mut scrapes, mut highest) = (0, 0);
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let (families, done) = (&families, &done);
            scope.spawn(move || {
                families.throw((2 * LIMIT..SETS).filter(|n| n % THREADS == thread));
                // Release: a thread that sees that all are done sees their counts.
                done.fetch_add(1, Ordering::Release);
            });
        }
        loop {
            // Acquire: as above.
            let last = done.load(Ordering::Acquire) == THREADS;
            let (now, now_long) = families.scrape();
            assert_eq!(now, state, "after {scrapes} scrapes");
            assert!(now_long <= length + 200, "the text went from {length} to {now_long} bytes");
            highest = highest.max(CountingAllocator::live_bytes());
            scrapes += 1;
            if last {
                break;
            }
        }
    });

    assert!(scrapes > 2, "{scrapes} scrapes meanwhile");
    // Temporary memory: the threads' own, one look-up each.
    assert!(highest - live < 64 * 1024, "{} bytes more at one moment", highest - live);
    assert!(
        CountingAllocator::live_bytes() - live < 1024,
        "{} bytes more at the end",
        CountingAllocator::live_bytes() - live
    );
    assert_eq!(families.scrape().0, state);

    let dropped = SETS - LIMIT;
    let text = families.registry.text();
    for line in [
        format!("requests_total{{path=\"_overflow\",user=\"_overflow\"}} {dropped}\n"),
        format!("wait_seconds_count{{path=\"_overflow\",user=\"_overflow\"}} {dropped}\n"),
        format!("radiosonde_metrics_series_dropped_total{{family=\"requests_total\"}} {dropped}\n"),
        format!("radiosonde_metrics_series_dropped_total{{family=\"wait_seconds\"}} {dropped}\n"),
    ] {
        assert!(text.contains(&line), "no {line}");
    }
    let ones =
        text.lines().filter(|line| line.starts_with("requests_total{") && line.ends_with(" 1")).count();
    assert_eq!(ones, LIMIT, "the first label sets keep their series");
}
