//! A series stays small. Bytes are counted for the whole process, so this is the only test here.

use benches::series_bytes;
use radiosonde_testkit::CountingAllocator;

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

#[test]
fn a_series_takes_the_bytes_that_the_documentation_says() {
    let processors = std::thread::available_parallelism().map_or(2, usize::from);
    let parts = i64::try_from((processors * 2).clamp(4, 64) + 1).unwrap();
    let measured = series_bytes().unwrap();
    assert_eq!(measured.len(), 10);
    for series in measured {
        // About a quarter more than the present size.
        let most = match series.instrument {
            "counter, striped" => 320 + 128 * parts,
            "counter, exemplars" => 460,
            "histogram, 14 bounds" => 520,
            "histogram, 14 bounds, striped" => 520 + 256 * parts,
            "histogram, native alone" => 1200,
            "summary" => 10_000,
            _ => 320,
        };
        assert!((150..=most).contains(&series.recorded), "{series:?}, at most {most}");
        assert!((0..=16).contains(&series.scraped), "{series:?}");
    }
}
