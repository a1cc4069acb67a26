//! The limit of the machine: the same visible work without a library.

use std::hint::black_box;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::harness::Contender;
use crate::labels::{BUCKETS, duration};

pub fn contender() -> Contender {
    let counter = AtomicU64::new(0);
    let buckets: [AtomicU64; 15] = [const { AtomicU64::new(0) }; 15];
    let sum = AtomicU64::new(0);
    let table: [AtomicU64; 500] = [const { AtomicU64::new(0) }; 500];
    let copy = |bytes: usize| (vec![b'x'; bytes], Mutex::new(vec![0; bytes]));
    let (small, large) = (copy(1_600_000), copy(6_500_000));
    Contender::new("limit: atomic, memcpy")
        .case("counter, kept", move |_| {
            // Relaxed, here and below, as in the other crates: a total, ordered against nothing.
            counter.fetch_add(1, Ordering::Relaxed);
        })
        .case("histogram of 14 buckets, kept", move |n| {
            let value = duration(n);
            let at = BUCKETS.iter().filter(|&&bound| bound < value).count();
            // Relaxed: as above.
            buckets[at].fetch_add(1, Ordering::Relaxed);
            let mut bits = sum.load(Ordering::Relaxed);
            loop {
                let next = (f64::from_bits(bits) + value).to_bits();
                match sum.compare_exchange_weak(bits, next, Ordering::Relaxed, Ordering::Relaxed) {
                    Ok(_) => return,
                    Err(seen) => bits = seen,
                }
            }
        })
        .case("counter by 3 enums, 500 series", move |n| {
            // Relaxed: as above.
            table[(n % 500) as usize].fetch_add(1, Ordering::Relaxed);
        })
        .case("scrape of 1k counters and 1k histograms", move |_| copied(&small))
        .case("scrape of 100k counters", move |_| copied(&large))
}

fn copied((from, to): &(Vec<u8>, Mutex<Vec<u8>>)) {
    to.lock().unwrap().copy_from_slice(black_box(from));
}
