use crate::catalogue::{Catalogue, ObjectiveEntry};
use crate::dashboards::link::Link;
use crate::dashboards::panel::Panel;
use crate::dashboards::panel_kind::PanelKind;
use crate::dashboards::target::Target;
use crate::promql::{Scope, promql_duration};
use crate::rules::Recorded;

/// A row for each objective, of the series that its rules record.
pub(crate) fn panels(catalogue: &Catalogue, scope: &Scope) -> Vec<Panel> {
    catalogue.objectives.iter().flat_map(|objective| of(objective, scope)).collect()
}

fn of(objective: &ObjectiveEntry, scope: &Scope) -> [Panel; 5] {
    let recorded = Recorded::of(objective, scope);
    let period = promql_duration(objective.period);
    let one = |name: &str, legend: &str| vec![Target::new(recorded.select(name), legend)];
    let (name, target) = (&objective.name, objective.target / 100.0);
    let ratio = Panel::new(
        PanelKind::Stat,
        format!("{name}: good in {period}"),
        one(Recorded::OBJECTIVE_RATIO, "good"),
    )
    .unit("percentunit")
    .steps("red", [(target, "green")])
    .about(format!("The share that was good. The target is {} %.", objective.target));
    let left = one(Recorded::BUDGET_REMAINING, "left");
    let budget = Panel::new(PanelKind::Gauge, format!("{name}: error budget left"), left.clone())
        .unit("percentunit")
        .between(0.0, 1.0)
        .steps("red", [(0.1, "yellow"), (0.5, "green")])
        .about(format!("The share of the error budget of {period} that is left."));
    let history = Panel::new(PanelKind::TimeSeries, format!("{name}: error budget over time"), left)
        .unit("percentunit")
        .between(None, 1.0)
        .steps("red", [(0.0, "green")]);
    let mut rows = [Panel::row(name), ratio, budget, burn_rates(objective, &recorded), history];
    if let Some(url) = &objective.runbook {
        rows = rows.map(|panel| if panel.kind == PanelKind::Row { panel } else { panel.link(runbook(url)) });
    }
    rows
}

fn runbook(url: &str) -> Link {
    Link::url("Runbook", "What to do if the objective is missed", url)
}

/// With a line at each factor that alerts.
fn burn_rates(objective: &ObjectiveEntry, recorded: &Recorded) -> Panel {
    let mut windows: Vec<_> = objective.windows.iter().flat_map(|pair| [pair.short, pair.long]).collect();
    windows.sort_unstable();
    windows.dedup();
    let targets = windows
        .into_iter()
        .map(|window| Target::new(recorded.select(&Recorded::burn_rate(window)), promql_duration(window)));
    let color = |severity: &str| if severity == "critical" { "red" } else { "orange" };
    let mut factors: Vec<_> =
        objective.windows.iter().map(|pair| (pair.factor, color(&pair.severity))).collect();
    factors.sort_by(|(factor, _), (other, _)| factor.total_cmp(other));
    factors.dedup();
    Panel::new(PanelKind::TimeSeries, format!("{}: burn rates", objective.name), targets.collect())
        .between(0.0, None)
        .steps("green", factors)
        .about("At 1, the budget is used up at the end of its period. A line is a factor that alerts if a long and a short window are above it.")
}
