//! A native histogram that receives numbers of every magnitude and both signs from several threads, while it is scraped: it
//! halves its resolution and loses no observation, and its memory stays bounded.
//!
//! Bytes are counted for the whole process, so this is the only test here.

use radiosonde_metrics::model::{
    FamilyInfo, HistogramSample, LabelSet, NumberSample, SummarySample, Visitor,
};
use radiosonde_metrics::{Buckets, Native, Registry};
use radiosonde_testkit::CountingAllocator;

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

const THREADS: u64 = 3;
const EACH: u64 = 60_000;

/// The state of the histogram: its count, the sum of its native buckets' counts, and their number.
#[derive(Debug, Default)]
struct Seen {
    count: u64,
    in_buckets: u64,
    buckets: usize,
}

impl Visitor for Seen {
    fn family(&mut self, _: &FamilyInfo<'_>) {}

    fn number(&mut self, _: &LabelSet, _: &NumberSample<'_>) {}

    fn histogram(&mut self, _: &LabelSet, sample: &HistogramSample<'_>) {
        let native = sample.native.unwrap();
        let both = || native.positive.iter().chain(native.negative);
        self.count = sample.count();
        self.in_buckets = native.zero_count + both().map(|(_, count)| count).sum::<u64>();
        self.buckets = both().count();
    }

    fn summary(&mut self, _: &LabelSet, _: &SummarySample<'_>) {}
}

fn scrape(registry: &Registry) -> Seen {
    let mut seen = Seen::default();
    registry.visit(&mut seen);
    seen
}

/// Any finite number, from the bits of a short generator (SplitMix64).
fn number(n: u64) -> f64 {
    let mut bits = n.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = f64::from_bits(bits ^ (bits >> 27));
    if number.is_finite() { number } else { 1.0 }
}

#[test]
fn numbers_of_every_magnitude_are_counted_in_bounded_memory() {
    let registry = Registry::new();
    let native = Native::new().max_buckets(160).reset_after(None);
    let declare =
        registry.histogram("size_bytes", "Size.").buckets(Buckets::from_static(&[0.0])).native(native);
    let histogram = declare.build().unwrap();
    histogram.observe(1.0);
    drop(registry.text());
    let live = CountingAllocator::live_bytes();
    let mut highest = 0;
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|thread| {
                let histogram = &histogram;
                scope.spawn(move || (0..EACH).for_each(|n| histogram.observe(number(n * THREADS + thread))))
            })
            .collect();
        let mut before = 0;
        loop {
            let last = threads.iter().all(std::thread::ScopedJoinHandle::is_finished);
            let seen = scrape(&registry);
            assert!(seen.count >= before, "the count went from {before} to {}", seen.count);
            before = seen.count;
            highest = highest.max(CountingAllocator::live_bytes());
            if last {
                break;
            }
        }
    });
    let seen = scrape(&registry);
    let all = THREADS * EACH + 1;
    assert_eq!((seen.count, seen.in_buckets, histogram.count()), (all, all, all));
    assert!(seen.buckets <= 160, "{} buckets", seen.buckets);
    let halved = "native_limited_total{family=\"size_bytes\",policy=\"halve\"} ";
    assert!(registry.text().contains(halved), "{}", registry.text());
    assert!(highest - live < 64 * 1024, "{} bytes more at one moment", highest - live);
    assert!(
        CountingAllocator::live_bytes() - live < 16 * 1024,
        "{} bytes more at the end",
        CountingAllocator::live_bytes() - live
    );
}
