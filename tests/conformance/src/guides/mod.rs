//! The metrics of five monitoring guides, each with the ready helper that makes it: a table for each guide, in its order.

#![allow(
    clippy::missing_panics_doc,
    clippy::unwrap_used,
    reason = "the names and labels are valid, or a test fails"
)]

mod aetherra;
mod auterity;
mod autoserve;
mod doors;
mod shop;
mod table;
mod valtronics;

pub use table::{Door, Kept, Metric};

use radiosonde_metrics::Registry;

/// The metrics that a guide asks for.
#[derive(Debug)]
pub struct Guide {
    /// The system that the guide is for.
    pub name: &'static str,
    /// The helpers, with their metrics.
    pub doors: &'static [Door],
}

/// All guides.
pub const GUIDES: [Guide; 5] = [
    Guide { name: "auterity", doors: auterity::GUIDE },
    Guide { name: "valtronics", doors: valtronics::GUIDE },
    Guide { name: "autoserve", doors: autoserve::GUIDE },
    Guide { name: "shop", doors: shop::GUIDE },
    Guide { name: "aetherra", doors: aetherra::GUIDE },
];

impl Guide {
    /// The names of its metrics.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.doors.iter().flat_map(|door| door.metrics).map(Metric::name)
    }

    /// Makes every metric by its helper, each helper in a registry of its own; the differences to the guide.
    #[must_use]
    pub fn differences(&self) -> Vec<String> {
        self.doors.iter().flat_map(Door::differences).collect()
    }

    /// Records something in all metrics, in one registry. Gauges are up as long as what is returned is kept.
    #[must_use = "gauges are up as long as it is kept"]
    pub fn record(&self, registry: &Registry) -> Vec<Kept> {
        self.doors.iter().map(|door| (door.make)(registry)).collect()
    }
}
