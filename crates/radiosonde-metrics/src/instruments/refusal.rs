use std::sync::atomic::{AtomicU64, Ordering};

/// Why a sample, its exemplar or a look-up was refused on the hot path.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Refusal {
    NotANumber,
    Negative,
    Infinite,
    LabelCount,
    LabelLength,
    LabelNames,
    Exemplar,
    Value,
    Kind,
    Limit,
    Declaration,
    /// The program's allocator recorded while the metric allocated.
    Nested,
}

impl Refusal {
    pub(crate) const ALL: [(Self, &'static str); 12] = [
        (Self::Declaration, "declaration"),
        (Self::Exemplar, "exemplar"),
        (Self::Infinite, "infinite"),
        (Self::Kind, "kind"),
        (Self::LabelCount, "label_count"),
        (Self::LabelLength, "label_length"),
        (Self::LabelNames, "label_names"),
        (Self::Limit, "limit"),
        (Self::NotANumber, "nan"),
        (Self::Negative, "negative"),
        (Self::Nested, "nested"),
        (Self::Value, "value"),
    ];
}

/// How often each refusal happened in a family.
#[derive(Debug, Default)]
pub(crate) struct Refused([AtomicU64; Refusal::ALL.len()]);

impl Refused {
    #[cold]
    pub(crate) fn count(&self, why: Refusal) {
        // Relaxed: a total, ordered against nothing.
        self.0[why as usize].fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn get(&self, why: Refusal) -> u64 {
        // Relaxed: a total, ordered against nothing.
        self.0[why as usize].load(Ordering::Relaxed)
    }
}
