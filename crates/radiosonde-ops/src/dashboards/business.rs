use radiosonde_metrics::model::Kind;

use crate::catalogue::{Catalogue, MetricEntry, Selector, SignalsEntry};
use crate::dashboards::panel::Panel;
use crate::dashboards::panel_kind::PanelKind;
use crate::dashboards::reader::{Reader, legend_of, unit_of, words};
use crate::dashboards::service::Service;
use crate::dashboards::target::Target;
use crate::dashboards::work::Work;

/// The most labels by which a panel distinguishes series.
const LABELS: usize = 2;

/// A panel for each metric of the program itself, by its kind.
pub(crate) fn panels(service: &Service<'_>) -> Vec<Panel> {
    let reader = &service.reader;
    let successes = Work::of_kinds(reader, &["business"]).error_ratio(false);
    let successes = successes.into_iter().zip(failing(reader.catalogue)).map(|(failed, signals)| {
        let target = Target::new(format!("1 - ({})", failed.expr), "successes");
        Panel::new(PanelKind::Stat, format!("Successes of {}", words(&signals.name)), vec![target])
            .unit("percentunit")
            .between(0.0, 1.0)
            .steps("red", [(0.9, "yellow"), (0.99, "green")])
            .about("The share that did not fail.")
    });
    let own = reader.catalogue.metrics.iter().filter(|metric| is_own(reader.catalogue, metric));
    successes.chain(own.filter_map(|metric| of_metric(reader, metric))).collect()
}

fn failing(catalogue: &Catalogue) -> impl Iterator<Item = &SignalsEntry> {
    let business = catalogue.signals.iter().filter(|signals| signals.kind == "business");
    business.filter(|signals| signals.errors.is_some() && signals.traffic.is_some())
}

/// Whether the program declares a metric for a purpose of its own, not for its work in general or through a library.
fn is_own(catalogue: &Catalogue, metric: &MetricEntry) -> bool {
    const OF_THE_PROCESS: [&str; 8] =
        ["process_", "host_", "tokio_", "radiosonde_", "slo_", "build_info", "target_info", "go_"];
    let of_work = |is_business: bool| {
        let mut signals =
            catalogue.signals.iter().filter(|signals| (signals.kind == "business") == is_business);
        signals.any(|signals| {
            let saturation =
                signals.saturation.iter().flat_map(|of| std::iter::once(&of.in_use).chain(&of.limit));
            let all =
                [&signals.latency, &signals.traffic, &signals.errors].into_iter().flatten().chain(saturation);
            all.into_iter().any(|of| of.metric == metric.name)
        })
    };
    if of_work(true) {
        return true;
    }
    // The metrics of collectors have no place of declaration.
    let of_collector = || {
        OF_THE_PROCESS
            .iter()
            .any(|start| metric.name.starts_with(start) || metric.name.contains(&format!("_{start}")))
    };
    let of_library = metric.declared_in.as_deref().map_or_else(of_collector, of_library);
    !of_work(false) && !of_library
}

/// Whether a file is one of radiosonde's crates: `…/radiosonde-signals-0.1.0/src/…`.
fn of_library(file: &str) -> bool {
    let mut folders = file.split(['/', '\\']).peekable();
    while let Some(folder) = folders.next() {
        if (folder == "radiosonde" || folder.starts_with("radiosonde-")) && folders.peek() == Some(&"src") {
            return true;
        }
    }
    false
}

fn of_metric(reader: &Reader<'_>, metric: &MetricEntry) -> Option<Panel> {
    let of = Selector::from(metric);
    let labels: Vec<_> = metric.labels.iter().map(String::as_str).take(LABELS).collect();
    let legend = if labels.is_empty() { words(&metric.name) } else { legend_of(&labels) };
    let unit = unit_of(&metric.name, metric.unit.as_deref());
    let (kind, targets, ending) = match metric.kind {
        Kind::Counter => {
            let expr = format!("{} * 3600", reader.sum(&of, &labels));
            (PanelKind::TimeSeries, vec![Target::new(expr, legend)], ", per hour")
        }
        Kind::Histogram => (PanelKind::TimeSeries, reader.quantiles(&of), ", quantiles"),
        Kind::Summary => {
            let quantiles = Target::new(reader.scope.instant(&of), "{{quantile}} {{instance}}");
            (PanelKind::TimeSeries, vec![quantiles], ", quantiles")
        }
        Kind::StateSet | Kind::Gauge if is_state(metric) => {
            (PanelKind::StateTimeline, vec![Target::new(reader.aggregated("max", &of, &labels), legend)], "")
        }
        Kind::Info => return None,
        _ if labels.len() == 1 && is_amount(metric) => {
            (PanelKind::PieChart, vec![Target::new(reader.sum(&of, &labels), legend)], "")
        }
        _ => {
            let function = if is_amount(metric) { "sum" } else { "avg" };
            (PanelKind::TimeSeries, vec![Target::new(reader.aggregated(function, &of, &labels), legend)], "")
        }
    };
    let panel =
        Panel::new(kind, format!("{}{ending}", title(&metric.name)), targets).unit(unit).about(&metric.help);
    Some(if kind == PanelKind::StateTimeline { panel.steps("transparent", [(1.0, "green")]) } else { panel })
}

/// Whether the values are the 0 and 1 of states. A state set of a label of its own is a gauge in the catalogue: its label names it, and has
/// known values.
fn is_state(metric: &MetricEntry) -> bool {
    let of_label =
        |label: &String| metric.name.ends_with(&**label) && metric.label_values.contains_key(label);
    metric.kind == Kind::StateSet || metric.labels.iter().any(of_label)
}

/// Whether the values of several instances add up. Temperatures, scores and shares do not.
fn is_amount(metric: &MetricEntry) -> bool {
    const LEVELS: [&str; 9] = [
        "ratio", "percent", "score", "celsius", "seconds", "accuracy", "timestamp", "temperature", "average",
    ];
    !LEVELS.iter().any(|level| metric.name.ends_with(level))
}

fn title(name: &str) -> String {
    let words = words(name);
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
