use std::borrow::Cow;

use radiosonde_metrics::IntGauge;
use radiosonde_metrics::collect::{Collection, Collector};
use radiosonde_metrics::removable::RemovableDynFamily;

/// The size of a cache at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CacheSize {
    /// The number of entries.
    pub entries: u64,
    /// The size of the entries in bytes; `None` if it is not known.
    pub bytes: Option<u64>,
}

/// Where the size of a cache is shown, in entries and bytes.
#[derive(Clone)]
pub(crate) struct SizeGauges {
    pub(crate) cache: Cow<'static, str>,
    pub(crate) entries: RemovableDynFamily<IntGauge>,
    pub(crate) bytes: RemovableDynFamily<IntGauge>,
}

/// Reads the size of a cache at a scrape.
pub(crate) struct SizeCollector<F> {
    pub(crate) gauges: SizeGauges,
    pub(crate) read: F,
}

impl<F: Fn() -> CacheSize + Send + Sync + 'static> Collector for SizeCollector<F> {
    fn collect(&self, _: &mut Collection) {
        let CacheSize { entries, bytes } = (self.read)();
        self.gauges.show(Some(entries), bytes);
    }
}

impl<F> Drop for SizeCollector<F> {
    fn drop(&mut self) {
        self.gauges.show(None, None);
    }
}

impl SizeGauges {
    fn show(&self, entries: Option<u64>, bytes: Option<u64>) {
        for (gauge, size) in [(&self.entries, entries), (&self.bytes, bytes)] {
            match size {
                Some(size) => gauge.with(&[&self.cache]).set(i64::try_from(size).unwrap_or(i64::MAX)),
                None => {
                    gauge.remove(&[&self.cache]);
                }
            }
        }
    }
}
