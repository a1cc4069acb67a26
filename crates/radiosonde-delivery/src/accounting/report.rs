use std::fmt;

/// Counts of all items pushed to the sinks of a delivery.
///
/// For each sink, `produced == delivered + dropped + left` holds. It prints as one line per sink.
///
/// See [`Delivery::shutdown`](crate::Delivery::shutdown).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    sinks: Vec<SinkReport>,
}

impl Report {
    pub(crate) const fn new(sinks: Vec<SinkReport>) -> Self {
        Self { sinks }
    }

    /// The sinks in the order in which they were added.
    #[must_use]
    pub fn sinks(&self) -> &[SinkReport] {
        &self.sinks
    }

    /// The sink of this name.
    #[must_use]
    pub fn sink(&self, name: &str) -> Option<&SinkReport> {
        self.sinks.iter().find(|sink| sink.name == name)
    }

    /// Items pushed to any sink.
    #[must_use]
    pub fn produced(&self) -> u64 {
        self.sinks.iter().map(SinkReport::produced).sum()
    }

    /// Items accepted by a backend.
    #[must_use]
    pub fn delivered(&self) -> u64 {
        self.sinks.iter().map(SinkReport::delivered).sum()
    }

    /// Items dropped for any reason.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.sinks.iter().map(SinkReport::dropped).sum()
    }

    /// Items neither delivered nor dropped at the deadline.
    #[must_use]
    pub fn left(&self) -> u64 {
        self.sinks.iter().map(SinkReport::left).sum()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.sinks.is_empty() {
            return f.write_str("no sinks");
        }
        for (at, sink) in self.sinks.iter().enumerate() {
            if at > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{sink}")?;
        }
        Ok(())
    }
}

/// Counts of all items pushed to one sink.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SinkReport {
    pub(crate) name: &'static str,
    pub(crate) produced: u64,
    pub(crate) delivered: u64,
    pub(crate) dropped: Vec<(&'static str, u64)>,
    pub(crate) left: u64,
}

impl SinkReport {
    /// The sink's name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Items pushed to the sink, including refused ones.
    #[must_use]
    pub const fn produced(&self) -> u64 {
        self.produced
    }

    /// Items accepted by the backend.
    #[must_use]
    pub const fn delivered(&self) -> u64 {
        self.delivered
    }

    /// Items dropped for any reason.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped.iter().map(|(_, items)| items).sum()
    }

    /// Items dropped for this reason.
    #[must_use]
    pub fn dropped_for(&self, reason: &str) -> u64 {
        self.dropped.iter().find(|(known, _)| *known == reason).map_or(0, |(_, items)| *items)
    }

    /// Items neither delivered nor dropped: queued, or sent without a response.
    #[must_use]
    pub const fn left(&self) -> u64 {
        self.left
    }
}

impl fmt::Display for SinkReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, produced, delivered, left, .. } = self;
        write!(f, "{name}: {produced} produced, {delivered} delivered, {} dropped", self.dropped())?;
        for (at, (reason, items)) in self.dropped.iter().enumerate() {
            write!(f, "{}{reason} {items}", if at == 0 { " (" } else { ", " })?;
        }
        if !self.dropped.is_empty() {
            f.write_str(")")?;
        }
        write!(f, ", {left} left")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_one_line_per_sink() {
        let report = Report::new(vec![
            SinkReport {
                name: "loki",
                produced: 12,
                delivered: 9,
                dropped: vec![("queue_full", 1), ("shutdown", 1)],
                left: 1,
            },
            SinkReport { name: "otlp", produced: 3, delivered: 3, dropped: Vec::new(), left: 0 },
        ]);
        assert_eq!(
            report.to_string(),
            "loki: 12 produced, 9 delivered, 2 dropped (queue_full 1, shutdown 1), 1 left\n\
             otlp: 3 produced, 3 delivered, 0 dropped, 0 left"
        );
        assert_eq!((report.produced(), report.delivered(), report.dropped(), report.left()), (15, 12, 2, 1));
        assert_eq!(report.sink("loki").unwrap().dropped_for("shutdown"), 1);
        assert_eq!(report.sink("none"), None);
        assert_eq!(Report::new(Vec::new()).to_string(), "no sinks");
    }
}
