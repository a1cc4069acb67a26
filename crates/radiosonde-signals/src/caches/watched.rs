use std::borrow::Cow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use radiosonde_metrics::collect::{Collection, Collector};
use radiosonde_metrics::{DynFamily, IntGauge};

/// The size of a cache at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CacheSize {
    /// The number of entries.
    pub entries: u64,
    /// The size of the entries in bytes, if the cache knows it.
    pub bytes: Option<u64>,
}

pub(crate) type ReadSize = Arc<dyn Fn() -> CacheSize + Send + Sync>;

/// The size of a cache, read at each scrape.
pub(crate) struct Watched {
    name: Cow<'static, str>,
    entries: DynFamily<IntGauge>,
    bytes: DynFamily<IntGauge>,
    read: Mutex<Option<ReadSize>>,
}

impl Watched {
    pub(crate) fn new(name: Cow<'static, str>, [entries, bytes]: [DynFamily<IntGauge>; 2]) -> Self {
        Self { name, entries, bytes, read: Mutex::new(None) }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn read_by(&self, read: ReadSize) {
        let former = self.lock().replace(read);
        // After the lock: the former cache may take long to drop.
        drop(former);
    }

    fn lock(&self) -> MutexGuard<'_, Option<ReadSize>> {
        self.read.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads the size of a cache at a scrape.
pub(crate) struct SizeCollector(pub(crate) Arc<Watched>);

impl Collector for SizeCollector {
    fn collect(&self, _: &mut Collection) {
        let Watched { name, .. } = &*self.0;
        let read = self.0.lock().clone();
        let Some(size) = read.map(|read| read()) else { return };
        self.0.entries.with(&[name]).set(signed(size.entries));
        if let Some(bytes) = size.bytes {
            self.0.bytes.with(&[name]).set(signed(bytes));
        }
    }
}

fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
