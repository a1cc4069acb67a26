use radiosonde_metrics::model::Kind;
use radiosonde_signals::{GoldenSignals, Saturation, Series};

/// The errors and the traffic of signals that have both. Errors without traffic would be a ratio of 100 %, and traffic without errors one of 0 %.
pub(crate) fn failing(signals: &[GoldenSignals]) -> impl Iterator<Item = (Series, Series)> {
    signals.iter().filter_map(|signals| signals.errors().cloned().zip(signals.traffic().cloned()))
}

/// The saturations of signals that a snapshot has: not those in which the rate of a counter is in use.
pub(crate) fn filling(signals: &[GoldenSignals]) -> impl Iterator<Item = &Saturation> {
    let saturations = signals.iter().filter_map(GoldenSignals::saturation);
    saturations.filter(|saturation| saturation.in_use().kind() != Kind::Counter)
}
