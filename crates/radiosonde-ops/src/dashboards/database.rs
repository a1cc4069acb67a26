use crate::catalogue::Selector;
use crate::dashboards::panel::Panel;
use crate::dashboards::panel_kind::PanelKind;
use crate::dashboards::reader::{Reader, legend_of, words};
use crate::dashboards::service::{Service, panel, share};
use crate::dashboards::target::Target;
use crate::dashboards::work::Work;

/// Queries, connections and caches.
pub(crate) fn panels(service: &Service<'_>) -> Vec<Panel> {
    let reader = &service.reader;
    let (queries, pools) =
        (Work::of_kinds(reader, &["database"]), Work::of_kinds(reader, &["database_pool"]));
    let caches = Work::of_kinds(reader, &["cache"]);
    let graph =
        |title, targets| panel(PanelKind::TimeSeries, title, targets).map(|panel| panel.between(0.0, None));
    let heatmap = queries.latencies();
    let heatmap =
        heatmap.iter().map(|of| Target::new(format!("sum by (le) ({})", reader.buckets(of)), "").heatmap());
    let waits = pools.latency(0.95, false);
    let panels = [
        graph("Queries", queries.traffic(true)).map(|panel| panel.unit("ops").stacked()),
        service.latency("95th percentile by query", queries.latency(0.95, true), &queries),
        panel(PanelKind::Heatmap, "Duration of queries", heatmap.collect()).map(|panel| {
            panel
                .unit("s")
                .about("Queries per second, by the time that they took: slow ones stand out above.")
        }),
        service.errors("Errors by query", queries.error_ratio(true), &queries),
        graph("Connections", connections(reader, &queries, &pools)),
        share(PanelKind::Gauge, "Connections in use", queries.saturation()),
        graph("Wait for a connection, 95th percentile", waits).map(|panel| panel.unit("s")),
        graph("Repeated queries", rate(reader, "repeated_queries_total", "operation"))
            .map(|panel| panel.unit("ops").about("Queries that one request sends again and again.")),
        graph("Hits of caches", hits(reader)).map(|panel| panel.unit("percentunit").between(0.0, 1.0)),
        share(PanelKind::TimeSeries, "Caches in use", caches.saturation()),
    ];
    panels.into_iter().flatten().collect()
}

/// The gauges of a pool: next to that which is in use, those named alike.
fn connections(reader: &Reader<'_>, queries: &Work<'_>, pools: &Work<'_>) -> Vec<Target> {
    const STATES: [&str; 4] = ["active", "idle", "max", "waiting"];
    let signals = queries.signals.iter().chain(&pools.signals);
    let in_use =
        signals.filter_map(|signals| signals.saturation.as_ref()).map(|saturation| &saturation.in_use);
    let mut names: Vec<&str> = in_use.map(|of| &*of.metric).collect();
    names.dedup();
    let mut targets: Vec<Target> = Vec::new();
    for name in names {
        let state = |of: &Selector, legend: &str| {
            Target::new(reader.sum(of, &["pool"]), format!("{legend} {{{{pool}}}}"))
        };
        for other in STATES {
            let metric = name.replace("active", other).replace("in_use", other);
            let has_pool =
                |of: &Selector| reader.entry(&of.metric).is_some_and(|metric| metric.has_label("pool"));
            let found = reader.catalogue.metric(&metric).map(Selector::from).filter(has_pool);
            targets.extend(found.map(|of| state(&of, other)));
        }
    }
    targets.dedup();
    targets
}

/// The rate of a counter, by a label that it has.
pub(crate) fn rate(reader: &Reader<'_>, name: &str, label: &str) -> Vec<Target> {
    let Some(metric) = reader.entry(name) else { return Vec::new() };
    let by: &[&str] = if metric.has_label(label) { &[label] } else { &[] };
    let legend = if by.is_empty() { words(name) } else { legend_of(by) };
    vec![Target::new(reader.sum(&Selector::from(metric), by), legend)]
}

fn hits(reader: &Reader<'_>) -> Vec<Target> {
    let (Some(hits), Some(misses)) = (reader.find("cache_hits_total"), reader.find("cache_misses_total"))
    else {
        return Vec::new();
    };
    let (hits, misses) = (reader.sum(&hits, &["cache"]), reader.sum(&misses, &["cache"]));
    vec![Target::new(format!("{hits} / ({hits} + {misses} > 0)"), "{{cache}}")]
}
