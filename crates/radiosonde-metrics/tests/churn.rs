//! A family whose series come and go for ever does not grow.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use radiosonde_metrics::Registry;
use radiosonde_testkit::CountingAllocator;

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

/// How many bytes `work` leaves behind at most, as seen after each of `rounds`.
fn growth(rounds: usize, mut work: impl FnMut(usize)) -> i64 {
    work(0);
    let before = CountingAllocator::live_bytes();
    let mut most = 0;
    for round in 1..rounds {
        work(round);
        most = most.max(CountingAllocator::live_bytes() - before);
    }
    most
}

/// One test, because others at the same time would be counted too.
#[test]
fn a_million_sets_that_come_and_go_take_the_room_of_the_few_that_are_there() {
    let registry = Registry::new();
    let declare = |name| registry.int_gauge(name, "G.").max_series(100).removable();
    let by_hand = declare("by_hand").labels(&["n"]).unwrap();
    let name = |n: usize| format!("{n:07}");
    // Fifty at a time are there, and each set comes once.
    let grown = growth(200, |round| {
        for n in round * 5000..(round + 1) * 5000 {
            by_hand.with(&[&name(n)]).inc();
            if n >= 50 {
                assert!(by_hand.remove(&[&name(n - 50)]));
            }
        }
    });
    // A series with its labels is about 300 bytes. Some wait to be freed.
    assert!(grown < 30_000, "{grown} bytes after a million sets");
    let full = registry.snapshot().sum("radiosonde_metrics_series_dropped_total", &[]);
    assert_eq!(full, 0.0, "there was room all the time");

    // The same from several threads, which look up what others remove.
    let grown = growth(10, |round| {
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let (by_hand, name) = (&by_hand, &name);
                scope.spawn(move || {
                    for n in 0..2500 {
                        let set = name(2_000_000 + round * 2500 + n);
                        by_hand.with(&[&set]).inc();
                        if (n + thread) % 20 == 0 {
                            by_hand.retain(|labels| labels.as_str().ends_with("7\""));
                        }
                    }
                });
            }
        });
        by_hand.retain(|_| false);
    });
    assert!(grown < 30_000, "{grown} bytes with threads");

    let expiring = declare("expiring").expire_after_scrapes(1).labels(&["n"]).unwrap();
    let grown = growth(100, |round| {
        (0..200).for_each(|n| expiring.with(&[&name(round * 200 + n)]).inc());
        drop(registry.text());
        drop(registry.text());
    });
    assert!(grown < 30_000, "{grown} bytes after what expired");
    let text = registry.text();
    assert!(text.contains("series_removed_total{family=\"by_hand\",reason=\"removed\"}"), "{text}");
    assert!(text.contains("series_dropped_total{family=\"expiring\"} 10000\n"), "{text}");
}
