//! Whatever a backend does and whenever the end comes, the sums add up.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod plain;

use std::time::Duration;

use plain::{HttpOptions, MS, Plain, delivery, quick};
use radiosonde_delivery::Retry;
use radiosonde_testkit::{HttpFake, Reaction};

/// A fault or an answer, by chance.
fn reaction(random: &mut fastrand::Rng) -> Reaction {
    let reaction = match random.u8(0..12) {
        0..4 => Reaction::status(204),
        4 => Reaction::status(200).body(random.u8(0..5).to_string()),
        5 => Reaction::status(429).header("retry-after", "0"),
        6 => Reaction::status(503),
        7 => Reaction::status(413),
        8 => Reaction::status(400),
        9 => Reaction::close(),
        10 => Reaction::refuse(),
        _ => Reaction::hang(),
    };
    if random.u8(0..4) == 0 { reaction.after(MS * random.u32(0..5)) } else { reaction }
}

#[test]
fn produced_equals_delivered_dropped_and_left_for_any_script() {
    let mut delivered = 0;
    let mut dropped = 0;
    let mut left = 0;
    for seed in 0..60 {
        let mut random = fastrand::Rng::with_seed(seed);
        let fake =
            HttpFake::start((0..random.usize(1..30)).map(|_| reaction(&mut random)).collect::<Vec<_>>());
        let (delivery, _) = delivery();
        let options = quick("x")
            .max_items(random.usize(1..200))
            .max_bytes(random.usize(50..2_000))
            .batch_items(random.usize(1..20))
            .batch_bytes(random.usize(1..200))
            .batch_age(MS * random.u32(0..3))
            .timeout(MS * 20)
            .retry(Retry::new().base(MS).cap(MS * 2).retry_after_cap(Duration::ZERO).max_attempts(3));
        let queue = delivery.sink(options, &HttpOptions::new(), Plain::at(&fake.url())).unwrap();
        let pushers: Vec<_> = (0..3)
            .map(|_| {
                let queue = queue.clone();
                let sizes: Vec<_> = (0..random.usize(0..150)).map(|_| random.usize(0..60)).collect();
                std::thread::spawn(move || {
                    sizes.iter().filter(|&&size| queue.push("x".repeat(size), size).is_ok()).count()
                })
            })
            .collect();
        // The end comes while they push, or afterwards.
        let early = random.bool();
        let first = early.then(|| delivery.shutdown_blocking(MS * random.u32(0..30)));
        let accepted: usize = pushers.into_iter().map(|pusher| pusher.join().unwrap()).sum();
        let report = first.unwrap_or_else(|| delivery.shutdown_blocking(MS * random.u32(0..100)));

        let sink = report.sink("x").unwrap();
        assert_eq!(sink.produced(), sink.delivered() + sink.dropped() + sink.left(), "seed {seed}: {report}");
        let at_the_door: u64 =
            ["queue_full", "too_large", "shutdown"].map(|reason| sink.dropped_for(reason)).iter().sum();
        // `too_large` is also what a single item is dropped for that the backend refuses.
        let through = sink.produced() - at_the_door;
        assert!(through <= accepted as u64, "seed {seed}: {report}");
        if !early && sink.dropped_for("too_large") == 0 {
            assert_eq!(through, accepted as u64, "seed {seed}: {report}");
        }
        assert_eq!(delivery.shutdown_blocking(Duration::ZERO), report, "seed {seed}");
        delivered += sink.delivered();
        dropped += sink.dropped();
        left += sink.left();
    }
    assert!(
        delivered > 0 && dropped > 0 && left > 0,
        "{delivered} {dropped} {left}: the scripts reach every end"
    );
}
