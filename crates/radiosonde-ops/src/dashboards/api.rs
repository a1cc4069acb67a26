use crate::catalogue::{Catalogue, Selector, SignalsEntry};
use crate::dashboards::panel::Panel;
use crate::dashboards::panel_kind::PanelKind;
use crate::dashboards::service::{Service, panel};
use crate::dashboards::target::Target;
use crate::dashboards::work::Work;

const SERVER: &str = "http_server";
/// The labels that a status has, by the naming of the server's metrics.
const STATUS: [&str; 4] = ["status", "status_code", "code", "http_response_status_code"];

fn servers(catalogue: &Catalogue) -> impl Iterator<Item = &SignalsEntry> {
    catalogue.signals.iter().filter(|signals| signals.kind == SERVER)
}

/// The label of endpoints, if all servers have the same.
pub(crate) fn item_label(catalogue: &Catalogue) -> Option<String> {
    let first = servers(catalogue).next()?.item_label.clone()?;
    servers(catalogue).all(|signals| signals.item_label.as_ref() == Some(&first)).then_some(first)
}

/// The counter of requests.
pub(crate) fn requests(catalogue: &Catalogue) -> Option<Selector> {
    servers(catalogue).find_map(|signals| signals.traffic.clone())
}

/// Requests to the service.
pub(crate) fn panels(service: &Service<'_>) -> Vec<Panel> {
    let reader = &service.reader;
    let work = Work::of_kinds(reader, &[SERVER]);
    if work.signals.is_empty() {
        return Vec::new();
    }
    let latencies = work.latencies();
    let heatmap =
        latencies.iter().map(|of| Target::new(format!("sum by (le) ({})", reader.buckets(of)), "").heatmap());
    let quantiles = latencies.iter().flat_map(|of| reader.quantiles(of)).collect();
    let top = work.traffic(true).into_iter().map(|mut target| {
        target.expr = format!("topk(10, {})", target.expr);
        target.table()
    });
    let graph = |title, targets| panel(PanelKind::TimeSeries, title, targets);
    let budget = work.good_error_ratio();
    let panels = [
        panel(PanelKind::Stat, "Requests", work.traffic(false)).map(|panel| panel.unit("reqps")),
        panel(PanelKind::Stat, "Errors", work.error_ratio(false)).map(|panel| {
            let line = budget.unwrap_or(0.01);
            panel
                .unit("percentunit")
                .steps("green", [(line, "red")])
                .about("The share of requests that failed.")
        }),
        panel(PanelKind::Stat, "95th percentile", work.latency(0.95, false)).map(|panel| {
            let good = work.good_latency().unwrap_or(1.0);
            panel.unit("s").steps("green", [(good, "red")])
        }),
        panel(PanelKind::Heatmap, "Latency by bucket", heatmap.collect())
            .map(|panel| panel.unit("s").about("Requests per second, by the time that they took.")),
        service.latency("Latency", quantiles, &work),
        graph("Throughput by endpoint", work.traffic(true)).map(|panel| panel.unit("reqps").stacked()),
        graph("Requests by status", work.traffic_by(&STATUS)).map(|panel| panel.unit("reqps").stacked()),
        service.errors("Errors by endpoint", work.error_ratio(true), &work),
        graph("95th percentile by endpoint", work.latency(0.95, true))
            .map(|panel| panel.unit("s").between(0.0, None)),
        graph("In flight", in_flight(&work)).map(|panel| panel.between(0.0, None)),
        panel(PanelKind::Table, "The ten endpoints with the most requests", top.collect())
            .map(|panel| panel.unit("reqps")),
    ];
    let failed = service.logs("Requests that failed", r#" |= "radiosonde::access" | json | status >= 500"#);
    panels.into_iter().flatten().chain([failed]).collect()
}

/// The gauge that is in use, whether or not its limit is known.
fn in_flight(work: &Work<'_>) -> Vec<Target> {
    let mut targets: Vec<Target> = Vec::new();
    for signals in &work.signals {
        let Some(saturation) = &signals.saturation else { continue };
        let by: Vec<_> = signals.item_label.as_deref().into_iter().collect();
        let legend = by.first().map_or("requests".to_owned(), |label| format!("{{{{{label}}}}}"));
        targets.push(Target::new(work.reader.sum(&saturation.in_use, &by), legend));
    }
    targets.dedup();
    targets
}
