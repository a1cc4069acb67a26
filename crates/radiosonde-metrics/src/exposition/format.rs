/// A format in which a registry is exposed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Format {
    /// Prometheus text 0.0.4: what everything reads. No exemplars.
    #[default]
    Text,
    /// Prometheus text 1.0.0: as 0.0.4, for scrapers that say how they want names to be escaped.
    TextV1,
    /// OpenMetrics 1.0: with exemplars, units and a mark at the end.
    OpenMetrics,
    /// Prometheus' protocol buffers, each family preceded by its length: the only one with native histograms. Has exemplars, units and
    /// times of creation too.
    Protobuf,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Text, Self::TextV1, Self::OpenMetrics, Self::Protobuf];
}
