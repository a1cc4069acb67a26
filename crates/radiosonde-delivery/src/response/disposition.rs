use std::time::Duration;

/// What becomes of a batch after its response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Disposition {
    /// Accepted, except for `rejected` items, which are counted as dropped for `reason`.
    Delivered {
        /// The number of rejected items; more than the batch holds counts as all.
        rejected: u64,
        /// The `reason` label; unused if no item was rejected.
        reason: &'static str,
    },
    /// Not now: the same request is retried, after the server's wait if there is one.
    Retry {
        /// The server's `Retry-After`, see [`retry_after`](crate::retry_after).
        after: Option<Duration>,
    },
    /// Too large, see [`is_too_large`](crate::is_too_large): each half is sent on its own. A batch of one item is dropped as `too_large`.
    Split,
    /// Not in this form: the batch is encoded again and sent at once, in the form that the protocol has learned from the response. Only
    /// once for a batch; the second time it is dropped as `refused`.
    EncodeAgain,
    /// Never: the batch is dropped for `reason`.
    Drop {
        /// The `reason` label.
        reason: &'static str,
        /// Advice for the reader of the diagnostic; may be empty.
        hint: &'static str,
    },
}

impl Disposition {
    /// The whole batch is accepted.
    pub const DELIVERED: Self = Self::Delivered { rejected: 0, reason: "rejected" };

    /// Dropped for this reason, without a hint.
    #[must_use]
    pub const fn dropped(reason: &'static str) -> Self {
        Self::Drop { reason, hint: "" }
    }
}
