use std::time::Duration;

use radiosonde_signals::{BurnWindow, SloStatus};

use crate::alert::Alert;
use crate::book::observation::{Now, Observation};
use crate::evaluating::template::number;

/// The name of the alerts that an engine raises for objectives by itself.
pub(crate) const NAME: &str = "ErrorBudgetBurn";

/// An alert for each pair of windows of an objective in which its error budget burns too fast.
pub(crate) fn burn_alerts(statuses: &[SloStatus], now: Now) -> Vec<Observation> {
    let pairs = statuses.iter().flat_map(|status| status.burning.iter().map(move |pair| (status, pair)));
    pairs.map(|(status, pair)| Observation::Holds(burn_alert(status, pair, now))).collect()
}

fn burn_alert(status: &SloStatus, pair: &BurnWindow, now: Now) -> Alert {
    let slo = &status.slo;
    let rate = burn_rate(status, pair.long);
    let mut alert = Alert::new(NAME, pair.severity, now.wall)
        .label("slo", slo.name())
        .label("long", window(pair.long))
        .label("short", window(pair.short))
        .with_value(rate)
        .annotation("summary", summary(status, pair, rate));
    if let Some(owner) = slo.owned_by() {
        alert = alert.label("owner", owner);
    }
    if let Some(url) = slo.runbook_url() {
        alert = alert.annotation("runbook_url", url);
    }
    alert
}

fn summary(status: &SloStatus, pair: &BurnWindow, rate: Option<f64>) -> String {
    format!(
        "The error budget of {} burns {} times as fast as it may in {}, and {} % of it is left.",
        status.slo.name(),
        rate.map_or_else(|| "too many".to_owned(), number),
        window(pair.long),
        number((status.budget_remaining * 1000.0).round() / 10.0),
    )
}

/// The burn rate of an objective in one of its windows.
pub(crate) fn burn_rate(status: &SloStatus, window: Duration) -> Option<f64> {
    status.windows.iter().find(|of| of.window == window).map(|of| of.burn_rate)
}

/// The length of a window as Prometheus writes it: `5m`, `1h`, `3d`, and `90s` for other lengths.
fn window(length: Duration) -> String {
    const UNITS: [(u64, &str); 3] = [(86_400, "d"), (3_600, "h"), (60, "m")];
    let seconds = length.as_secs();
    let unit = UNITS.into_iter().find(|(unit, _)| seconds > 0 && seconds % unit == 0);
    unit.map_or_else(|| format!("{seconds}s"), |(unit, name)| format!("{}{name}", seconds / unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_written_in_their_largest_whole_unit() {
        let written = [300, 3_600, 21_600, 86_400, 259_200, 90, 0].map(|s| window(Duration::from_secs(s)));
        assert_eq!(written, ["5m", "1h", "6h", "1d", "3d", "90s", "0s"]);
    }
}
