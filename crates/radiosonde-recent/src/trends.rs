use std::collections::BTreeMap;
use std::fmt;
use std::time::SystemTime;

use radiosonde_core::Level;

use crate::hours::{Hour, Hours, hour_of, start_of};
use crate::level_counts::LevelCounts;

/// Lines per hour over a window.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct LogTrends {
    /// Every hour from the first that has lines to the current one, oldest first.
    pub hours: Vec<HourCounts>,
    /// The trend of each level that has lines.
    pub levels: Vec<(Level, Trend)>,
    /// The trend of each service that has lines.
    pub services: Vec<(String, Trend)>,
}

/// The lines of one hour.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct HourCounts {
    /// The start of the hour.
    pub start: SystemTime,
    /// The lines by level.
    pub levels: LevelCounts,
    /// The lines of each service that logged.
    pub services: Vec<(String, LevelCounts)>,
}

/// Statistics of the lines per hour.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[non_exhaustive]
pub struct Trend {
    /// The number of lines in all hours.
    pub total: u64,
    /// Average lines per hour.
    pub average: f64,
    /// Lines in the busiest hour.
    pub max: u64,
    /// Lines in the quietest hour.
    pub min: u64,
}

impl LogTrends {
    /// Computes the trends of the hours that began after `cutoff`. `names` are the services by number.
    pub(crate) fn of(hours: &Hours, names: &[&str], cutoff: SystemTime, now: SystemTime) -> Self {
        let last = hour_of(now);
        // A line with a timestamp long ago must not make a list of all hours since.
        let earliest = last.saturating_sub(i64::try_from(Hours::MOST).unwrap_or(i64::MAX) - 1);
        let asked = hours.between(cutoff, now).filter(|hour| hour.number >= earliest);
        let Some(first) = asked.clone().next().map(|hour| hour.number) else {
            return Self { hours: Vec::new(), levels: Vec::new(), services: Vec::new() };
        };
        let mut known = asked.peekable();
        let hours: Vec<HourCounts> = (first..=last)
            .map(|number| HourCounts::of(number, known.next_if(|hour| hour.number == number), names))
            .collect();
        let level_trend = |level| Trend::of(hours.iter().map(|hour: &HourCounts| hour.levels.of(level)));
        let levels = Level::ALL.map(|level| (level, level_trend(level)));
        let levels = levels.into_iter().filter(|(_, trend)| trend.total > 0).collect();
        let services = service_trends(&hours);
        Self { hours, levels, services }
    }
}

fn service_trends(hours: &[HourCounts]) -> Vec<(String, Trend)> {
    let mut lines: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
    for (at, hour) in hours.iter().enumerate() {
        for (name, counts) in &hour.services {
            lines.entry(name).or_insert_with(|| vec![0; hours.len()])[at] = counts.total();
        }
    }
    lines.into_iter().map(|(name, lines)| (name.to_owned(), Trend::of(lines.into_iter()))).collect()
}

impl HourCounts {
    fn of(number: i64, hour: Option<&Hour>, names: &[&str]) -> Self {
        let mut counts =
            Self { start: start_of(number), levels: LevelCounts::default(), services: Vec::new() };
        for (of_service, name) in hour.map_or(&[][..], |hour| &hour.services).iter().zip(names) {
            if of_service.total() > 0 {
                counts.levels += *of_service;
                counts.services.push(((*name).to_owned(), *of_service));
            }
        }
        counts
    }
}

impl Trend {
    #[allow(clippy::cast_precision_loss, reason = "an average; 2^53 lines are out of reach")]
    fn of(lines: impl Iterator<Item = u64> + Clone) -> Self {
        let (hours, total) = (lines.clone().count(), lines.clone().sum::<u64>());
        let average = if hours == 0 { 0.0 } else { total as f64 / hours as f64 };
        Self { total, average, max: lines.clone().max().unwrap_or(0), min: lines.min().unwrap_or(0) }
    }
}

/// `480 lines, 20.0 per hour, at least 3 and at most 60`
impl fmt::Display for Trend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { total, average, max, min } = self;
        write!(f, "{total} lines, {average:.1} per hour, at least {min} and at most {max}")
    }
}
