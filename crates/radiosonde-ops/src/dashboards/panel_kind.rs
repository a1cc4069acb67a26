/// A visualization that every supported Grafana has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PanelKind {
    TimeSeries,
    Stat,
    Gauge,
    Heatmap,
    Table,
    PieChart,
    StateTimeline,
    Logs,
    Row,
}

impl PanelKind {
    pub(crate) const fn plugin(self) -> &'static str {
        match self {
            Self::TimeSeries => "timeseries",
            Self::Stat => "stat",
            Self::Gauge => "gauge",
            Self::Heatmap => "heatmap",
            Self::Table => "table",
            Self::PieChart => "piechart",
            Self::StateTimeline => "state-timeline",
            Self::Logs => "logs",
            Self::Row => "row",
        }
    }

    /// The height, and the number of such panels that fit beside each other.
    pub(crate) const fn size(self) -> (u32, usize) {
        match self {
            Self::Stat | Self::Gauge => (5, 4),
            Self::Logs => (10, 1),
            Self::Row => (1, 1),
            _ => (8, 2),
        }
    }
}
