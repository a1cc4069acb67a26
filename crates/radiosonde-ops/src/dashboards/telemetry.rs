use crate::catalogue::Selector;
use crate::dashboards::database::rate;
use crate::dashboards::panel::Panel;
use crate::dashboards::panel_kind::PanelKind;
use crate::dashboards::reader::Reader;
use crate::dashboards::service::{Service, panel};
use crate::dashboards::target::Target;
use crate::dashboards::workers::since;

/// Logs, traces and metrics: those made, those delivered, and those lost.
pub(crate) fn panels(service: &Service<'_>) -> Vec<Panel> {
    let reader = &service.reader;
    let graph =
        |title, targets| panel(PanelKind::TimeSeries, title, targets).map(|panel| panel.between(0.0, None));
    let scrapes = reader.find("radiosonde_metrics_scrape_duration_seconds");
    let panels = [
        graph("Lines by level", rate(reader, "radiosonde_log_lines_total", "level"))
            .map(|panel| panel.unit("ops").stacked()),
        graph("Spans", rate(reader, "radiosonde_trace_spans_total", "")).map(|panel| panel.unit("ops")),
        graph("Lost", lost(reader)).map(|panel| {
            panel
                .unit("ops")
                .about("Lines, spans, deliveries and series per second that were dropped. It should be 0.")
        }),
        graph("Delivered", rate(reader, "radiosonde_delivery_delivered_total", "sink"))
            .map(|panel| panel.unit("ops")),
        graph("Retries of deliveries", rate(reader, "radiosonde_delivery_retries_total", "sink"))
            .map(|panel| panel.unit("ops")),
        graph("Waiting for delivery", by_sink(reader, "radiosonde_delivery_queue_bytes"))
            .map(|panel| panel.unit("bytes")),
        graph(
            "Time since the last delivery",
            since(reader, "radiosonde_delivery_last_success_timestamp_seconds", "sink"),
        )
        .map(|panel| panel.unit("s")),
        graph("Duration of scrapes", scrapes.map(|of| reader.quantiles(&of)).unwrap_or_default())
            .map(|panel| panel.unit("s")),
    ];
    panels.into_iter().flatten().collect()
}

fn lost(reader: &Reader<'_>) -> Vec<Target> {
    const DROPS: [(&str, &str); 4] = [
        ("radiosonde_log_dropped_total", "lines"),
        ("radiosonde_trace_dropped_total", "spans"),
        ("radiosonde_delivery_dropped_total", "deliveries"),
        ("radiosonde_metrics_series_dropped_total", "series"),
    ];
    let found = DROPS.into_iter().filter_map(|(name, legend)| Some((reader.find(name)?, legend)));
    found.map(|(of, legend)| Target::new(reader.sum(&of, &[]), legend)).collect()
}

fn by_sink(reader: &Reader<'_>, name: &str) -> Vec<Target> {
    let found = reader.entry(name).filter(|metric| metric.has_label("sink"));
    found
        .map(|metric| Target::new(reader.sum(&Selector::from(metric), &["sink"]), "{{sink}}"))
        .into_iter()
        .collect()
}
