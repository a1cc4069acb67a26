use std::time::SystemTime;

use radiosonde_core::WorkId;

/// Makes the id of a request that came without one.
///
/// Implemented for closures that take the time, and for `()`, which makes UUIDs of version 7.
///
/// ```
/// use std::sync::atomic::{AtomicU64, Ordering};
///
/// use radiosonde_core::WorkId;
/// use radiosonde_tower::IdOptions;
///
/// static NEXT: AtomicU64 = AtomicU64::new(1);
/// let options = IdOptions::new().generator(|_| {
///     let id = format!("req-{}", NEXT.fetch_add(1, Ordering::Relaxed));
///     id.parse().expect("its characters are allowed")
/// });
/// ```
pub trait GenerateId: Send + Sync + 'static {
    /// Makes an id at this time. If it panics, the id is a UUID.
    fn generate(&self, now: SystemTime) -> WorkId;
}

impl GenerateId for () {
    fn generate(&self, now: SystemTime) -> WorkId {
        WorkId::uuid_v7(now)
    }
}

impl<F: Fn(SystemTime) -> WorkId + Send + Sync + 'static> GenerateId for F {
    fn generate(&self, now: SystemTime) -> WorkId {
        self(now)
    }
}
