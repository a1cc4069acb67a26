use std::sync::atomic::{AtomicU64, Ordering};

/// Why something that a collector gave was left out.
#[derive(Debug, Clone, Copy)]
pub(crate) enum CollectorFault {
    Panic,
    Name,
    Kind,
    Sample,
    DuplicateSeries,
    Exemplar,
}

impl CollectorFault {
    pub(crate) const ALL: [(Self, &'static str); 6] = [
        (Self::DuplicateSeries, "duplicate_series"),
        (Self::Exemplar, "exemplar"),
        (Self::Kind, "kind"),
        (Self::Name, "name"),
        (Self::Panic, "panic"),
        (Self::Sample, "sample"),
    ];
}

/// How often each fault happened.
#[derive(Debug, Default)]
pub(crate) struct CollectorErrors([AtomicU64; 6]);

impl CollectorErrors {
    pub(crate) fn count(&self, fault: CollectorFault) {
        // Relaxed: a total, ordered against nothing.
        self.0[fault as usize].fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn get(&self, fault: CollectorFault) -> u64 {
        // Relaxed: a total, ordered against nothing.
        self.0[fault as usize].load(Ordering::Relaxed)
    }
}
