/// What of a rule's findings was refused or cut since it was counted last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Refused {
    pub(crate) past_groups: u64,
    pub(crate) labels: u64,
    pub(crate) limits: u64,
    pub(crate) duplicates: u64,
    pub(crate) texts: u64,
}

impl Refused {
    /// The counts, with the values of the label `reason`.
    pub(crate) fn by_reason(self) -> impl Iterator<Item = (&'static str, u64)> {
        let Self { past_groups, labels, limits, duplicates, texts } = self;
        [
            ("max_values", past_groups),
            ("label", labels),
            ("limit", limits),
            ("duplicate", duplicates),
            ("long_text", texts),
        ]
        .into_iter()
    }
}
