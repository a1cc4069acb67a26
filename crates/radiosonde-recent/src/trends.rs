use std::collections::BTreeMap;
use std::fmt;
use std::time::SystemTime;

use radiosonde_core::Level;

use crate::hours::{Hour, Hours, hour_of, start_of};
use crate::level_counts::LevelCounts;

/// Lines per hour.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct LogTrends {
    /// The hours, the oldest first. From the first that has lines to the present one, those without lines among them.
    pub hours: Vec<HourCounts>,
    /// Over the hours, by level, for levels that there were lines of.
    pub levels: Vec<(Level, Trend)>,
    /// Over the hours, by service, for services that there were lines of.
    pub services: Vec<(String, Trend)>,
}

/// The lines of one hour.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct HourCounts {
    /// When the hour begins.
    pub start: SystemTime,
    /// All lines.
    pub levels: LevelCounts,
    /// The lines of each service that had some.
    pub services: Vec<(String, LevelCounts)>,
}

/// What a number of lines per hour did.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[non_exhaustive]
pub struct Trend {
    /// Lines in all hours.
    pub total: u64,
    /// Lines per hour.
    pub average: f64,
    /// Lines in the hour that had the most.
    pub max: u64,
    /// Lines in the hour that had the fewest.
    pub min: u64,
}

impl LogTrends {
    /// Of the hours that began after `cutoff`. `names` are the services by their numbers.
    pub(crate) fn of(hours: &Hours, names: &[&str], cutoff: SystemTime, now: SystemTime) -> Self {
        let last = hour_of(now);
        // A line with a time of long ago must not make a list of all hours since.
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
