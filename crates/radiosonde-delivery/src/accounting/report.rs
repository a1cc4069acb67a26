use std::fmt;

/// What became of everything that was given to a delivery's sinks.
///
/// For each sink, `produced == delivered + dropped + left` holds. Printing it gives one line per sink, or says that there is none.
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

    /// Each sink, in the order in which they were added.
    #[must_use]
    pub fn sinks(&self) -> &[SinkReport] {
        &self.sinks
    }

    /// The sink of this name.
    #[must_use]
    pub fn sink(&self, name: &str) -> Option<&SinkReport> {
        self.sinks.iter().find(|sink| sink.name == name)
    }

    /// Items that were given to any sink.
    #[must_use]
    pub fn produced(&self) -> u64 {
        self.sinks.iter().map(SinkReport::produced).sum()
    }

    /// Items that a backend accepted.
    #[must_use]
    pub fn delivered(&self) -> u64 {
        self.sinks.iter().map(SinkReport::delivered).sum()
    }

    /// Items that were given up, for whatever reason.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.sinks.iter().map(SinkReport::dropped).sum()
    }

    /// Items whose fate was open at the deadline.
    #[must_use]
    pub fn left(&self) -> u64 {
        self.sinks.iter().map(SinkReport::left).sum()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.sinks.is_empty() {
            return f.write_str("no sinks: nothing was to be delivered");
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

/// What became of everything that was given to one sink.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SinkReport {
    name: &'static str,
    produced: u64,
    delivered: u64,
    dropped: Vec<(&'static str, u64)>,
    left: u64,
}

impl SinkReport {
    pub(crate) const fn new(
        name: &'static str,
        produced: u64,
        delivered: u64,
        dropped: Vec<(&'static str, u64)>,
        left: u64,
    ) -> Self {
        Self { name, produced, delivered, dropped, left }
    }

    /// The sink's name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Items that were given to the sink, those refused at once included.
    #[must_use]
    pub const fn produced(&self) -> u64 {
        self.produced
    }

    /// Items that the backend accepted.
    #[must_use]
    pub const fn delivered(&self) -> u64 {
        self.delivered
    }

    /// Items that were given up, for whatever reason.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped.iter().map(|(_, items)| items).sum()
    }

    /// Items that were given up, by reason.
    pub fn dropped_by_reason(&self) -> impl Iterator<Item = (&'static str, u64)> {
        self.dropped.iter().copied()
    }

    /// Items that were given up for this reason.
    #[must_use]
    pub fn dropped_for(&self, reason: &str) -> u64 {
        self.dropped.iter().find(|(known, _)| *known == reason).map_or(0, |(_, items)| *items)
    }

    /// Items whose fate was open: queued, or sent and not answered.
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
            SinkReport::new("loki", 12, 9, vec![("queue_full", 1), ("shutdown", 1)], 1),
            SinkReport::new("otlp", 3, 3, Vec::new(), 0),
        ]);
        assert_eq!(
            report.to_string(),
            "loki: 12 produced, 9 delivered, 2 dropped (queue_full 1, shutdown 1), 1 left\n\
             otlp: 3 produced, 3 delivered, 0 dropped, 0 left"
        );
        assert_eq!((report.produced(), report.delivered(), report.dropped(), report.left()), (15, 12, 2, 1));
        assert_eq!(report.sink("loki").unwrap().dropped_for("shutdown"), 1);
        assert_eq!(report.sink("none"), None);
        assert_eq!(Report::new(Vec::new()).to_string(), "no sinks: nothing was to be delivered");
    }
}
