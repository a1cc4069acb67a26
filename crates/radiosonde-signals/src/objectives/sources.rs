use crate::golden::GoldenSignals;
use crate::objectives::indicator::{Bound, Indicator};
use crate::objectives::selected::Selected;
use crate::objectives::thresholds::seconds;
use crate::objectives::work::Work;

/// The series that an objective reads, found from its indicator.
#[derive(Debug, Clone)]
pub(crate) enum Sources {
    /// Two sets of counters.
    Events { bad: Vec<Selected>, total: Vec<Selected> },
    /// Histograms with a bucket for the threshold in seconds.
    Latency { histograms: Vec<Selected>, threshold: f64 },
    /// A counter and the lowest good rate.
    Throughput { events: Selected, at_least: f64 },
    /// Unix times and the highest good age in seconds.
    Freshness { timestamp: Selected, at_most: f64 },
    /// Gauges and what is good.
    Gauge { gauge: Selected, bound: Bound },
}

impl Sources {
    /// Of this indicator, as far as its work is among these signals.
    pub(crate) fn of(indicator: &Indicator, signals: &[GoldenSignals]) -> Self {
        match indicator {
            Indicator::Availability(work) => of_availability(work, signals),
            Indicator::Latency { work, threshold } => {
                let found = work.among(signals);
                let histograms =
                    found.iter().filter_map(GoldenSignals::latency).cloned().map(Selected::from).collect();
                Self::Latency { histograms, threshold: seconds(*threshold) }
            }
            Indicator::Correctness { bad, total } => {
                Self::Events { bad: vec![bad.clone().into()], total: vec![total.clone().into()] }
            }
            Indicator::Throughput { events, at_least } => {
                Self::Throughput { events: events.clone().into(), at_least: *at_least }
            }
            Indicator::Freshness { timestamp, at_most } => {
                Self::Freshness { timestamp: timestamp.clone().into(), at_most: at_most.as_secs_f64() }
            }
            Indicator::Gauge { gauge, bound } => Self::Gauge { gauge: gauge.clone().into(), bound: *bound },
        }
    }

    /// Whether the work was found.
    pub(crate) fn are_known(&self) -> bool {
        match self {
            Self::Events { total, .. } => !total.is_empty(),
            Self::Latency { histograms, .. } => !histograms.is_empty(),
            Self::Throughput { .. } | Self::Freshness { .. } | Self::Gauge { .. } => true,
        }
    }
}

/// Work without a count of its errors has no availability, rather than one of 100 %.
fn of_availability(work: &Work, signals: &[GoldenSignals]) -> Sources {
    let found = work.among(signals);
    let both = found.iter().filter_map(|signals| signals.errors().zip(signals.traffic()));
    let (bad, total) =
        both.map(|(bad, total)| (Selected::from(bad.clone()), Selected::from(total.clone()))).unzip();
    Sources::Events { bad, total }
}
