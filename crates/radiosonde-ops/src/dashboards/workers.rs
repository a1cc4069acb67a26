use crate::catalogue::Selector;
use crate::dashboards::database::rate;
use crate::dashboards::panel::Panel;
use crate::dashboards::panel_kind::PanelKind;
use crate::dashboards::reader::Reader;
use crate::dashboards::service::{Service, panel, share};
use crate::dashboards::target::Target;
use crate::dashboards::work::Work;

/// Tasks, queues and scheduled jobs.
pub(crate) fn panels(service: &Service<'_>) -> Vec<Panel> {
    let reader = &service.reader;
    let all = Work::of_kinds(reader, &["worker", "queue", "job", "pipeline"]);
    if all.signals.is_empty() {
        return Vec::new();
    }
    let (tasks, queues) = (Work::of_kinds(reader, &["worker", "job"]), Work::of_kinds(reader, &["queue"]));
    let graph =
        |title, targets| panel(PanelKind::TimeSeries, title, targets).map(|panel| panel.between(0.0, None));
    let by_state = all.traffic_by(&["state", "status", "result", "outcome"]);
    let lost = [rate(reader, "task_retries_total", "task"), rate(reader, "dead_letters_total", "queue")];
    let panels = [
        graph("Tasks and messages by state", by_state).map(|panel| panel.unit("ops").stacked()),
        service.latency("Duration of tasks, 95th percentile", tasks.latency(0.95, true), &tasks),
        service.errors("Errors", all.error_ratio(true), &all),
        share(PanelKind::TimeSeries, "Workers and queues in use", all.saturation()),
        graph("Messages in the queue", gauge(reader, "queue_depth", "queue")),
        graph("Wait in the queue, 95th percentile", queues.latency(0.95, false)).map(|panel| panel.unit("s")),
        graph("How far consumers are behind", gauge(reader, "queue_lag_seconds", "queue"))
            .map(|panel| panel.unit("s")),
        graph("Retries and messages put aside", lost.concat()).map(|panel| panel.unit("ops")),
        graph(
            "Time since a job's last success",
            since(reader, "job_last_success_timestamp_seconds", "job_name"),
        )
        .map(|panel| panel.unit("s")),
    ];
    panels.into_iter().flatten().collect()
}

fn gauge(reader: &Reader<'_>, name: &str, label: &str) -> Vec<Target> {
    let Some(metric) = reader.entry(name).filter(|metric| metric.has_label(label)) else { return Vec::new() };
    vec![Target::new(reader.aggregated("max", &Selector::from(metric), &[label]), format!("{{{{{label}}}}}"))]
}

/// The age of a Unix time; none while the time is 0.
pub(crate) fn since(reader: &Reader<'_>, name: &str, label: &str) -> Vec<Target> {
    let Some(metric) = reader.entry(name).filter(|metric| metric.has_label(label)) else { return Vec::new() };
    let time = reader.aggregated("max", &Selector::from(metric), &[label]);
    vec![Target::new(format!("time() - ({time} > 0)"), format!("{{{{{label}}}}}"))]
}
