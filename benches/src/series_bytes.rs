use radiosonde_metrics::{Buckets, Instrument, MetricBuilder, Native, RegisterError, Registry};
use radiosonde_testkit::CountingAllocator;

/// The allocated bytes of one series of a family.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SeriesBytes {
    /// Which instrument.
    pub instrument: &'static str,
    /// The length of its labels as text, without the braces.
    pub label_bytes: usize,
    /// Bytes, including its share of the table, before a scrape.
    pub recorded: i64,
    /// Additional bytes after the first scrape, for the sorted list.
    pub scraped: i64,
}

/// The number of series created to measure one.
const SERIES: i64 = 2000;

/// Bytes per series of each instrument, with three labels of usual length, in families of 2000.
///
/// # Errors
/// [`RegisterError`] does not happen: the declarations are fixed.
pub fn series_bytes() -> Result<Vec<SeriesBytes>, RegisterError> {
    Ok(vec![
        measure("counter", |registry| registry.counter("requests_total", "Requests."))?,
        measure("counter, striped", |registry| registry.counter("requests_total", "Requests.").striped())?,
        measure("counter, exemplars", |registry| {
            registry.counter("requests_total", "Requests.").exemplars()
        })?,
        measure("float counter", |registry| registry.float_counter("busy_seconds_total", "Busy."))?,
        measure("gauge", |registry| registry.gauge("temperature_celsius", "Temperature."))?,
        measure("integer gauge", |registry| registry.int_gauge("sessions", "Sessions."))?,
        measure("histogram, 14 bounds", |registry| registry.histogram("wait_seconds", "Wait."))?,
        measure("histogram, 14 bounds, striped", |registry| {
            registry.histogram("wait_seconds", "Wait.").striped()
        })?,
        measure("histogram, native alone", |registry| {
            registry.histogram("wait_seconds", "Wait.").buckets(Buckets::NONE).native(Native::new())
        })?,
        measure("summary", |registry| registry.summary("wait_seconds", "Wait."))?,
    ])
}

fn measure<M: Instrument>(
    instrument: &'static str,
    declare: impl for<'a> FnOnce(&'a Registry) -> MetricBuilder<'a, M>,
) -> Result<SeriesBytes, RegisterError> {
    let registry = Registry::new();
    let family = declare(&registry).labels(&["method", "endpoint", "status"])?;
    let ids: Vec<String> = (0..SERIES).map(|n| format!("/orders/{n:04}/items")).collect();
    let before = CountingAllocator::live_bytes();
    for id in &ids {
        let _ = family.with(&["GET", id, "200"]);
    }
    let recorded = CountingAllocator::live_bytes();
    drop(registry.text());
    let scraped = CountingAllocator::live_bytes();
    let label_bytes = r#"endpoint="/orders/0000/items",method="GET",status="200""#.len();
    Ok(SeriesBytes {
        instrument,
        label_bytes,
        recorded: (recorded - before) / SERIES,
        scraped: (scraped - recorded) / SERIES,
    })
}
