use std::time::Duration;

use radiosonde_signals::{BurnWindow, Counts, SloStatus, WindowStatus};

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
        .label("slo", slo.alert_label())
        .label("long", label(pair.long))
        .label("short", label(pair.short))
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
        label(pair.long),
        number((status.budget_remaining * 1000.0).round() / 10.0),
    )
}

/// The burn rate of an objective in one of its windows.
pub(crate) fn burn_rate(status: &SloStatus, window: Duration) -> Option<f64> {
    status.windows.iter().find(|of| of.window == window).map(|of| of.burn_rate)
}

/// The length of a window, as the label `window` of burn rates has it.
fn label(window: Duration) -> String {
    WindowStatus { window, counts: Counts::default(), burn_rate: 0.0 }.label()
}
