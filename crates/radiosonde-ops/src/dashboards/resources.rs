use crate::catalogue::{LabelMatch, Selector};
use crate::dashboards::panel::Panel;
use crate::dashboards::panel_kind::PanelKind;
use crate::dashboards::reader::Reader;
use crate::dashboards::service::{Service, panel, share};
use crate::dashboards::target::Target;

const INSTANCE: &str = "{{instance}}";

/// What processes and hosts use.
pub(crate) fn panels(service: &Service<'_>) -> Vec<Panel> {
    let reader = &service.reader;
    let graph =
        |title, targets| panel(PanelKind::TimeSeries, title, targets).map(|panel| panel.between(0.0, None));
    let one = |name: &str| each(reader, &[(name, INSTANCE)]);
    let panels = [
        graph("CPUs that a process uses", one("process_cpu_seconds_total")),
        graph(
            "Memory of a process",
            each(
                reader,
                &[
                    ("process_resident_memory_bytes", INSTANCE),
                    ("process_cgroup_memory_limit_bytes", "limit {{instance}}"),
                ],
            ),
        )
        .map(|panel| panel.unit("bytes")),
        graph(
            "Open files",
            each(reader, &[("process_open_fds", INSTANCE), ("process_max_fds", "limit {{instance}}")]),
        ),
        graph("Threads", one("process_threads")),
        graph("Uptime", uptime(reader)).map(|panel| panel.unit("s")),
        share(PanelKind::TimeSeries, "CPU of the host", host_cpu(reader)),
        share(
            PanelKind::TimeSeries,
            "Memory of the host",
            ratio(reader, "host_memory_used_bytes", "host_memory_total_bytes", "instance"),
        ),
        share(
            PanelKind::Gauge,
            "Disks",
            ratio(reader, "host_disk_used_bytes", "host_disk_size_bytes", "mount"),
        ),
        graph(
            "Network of the host",
            each(
                reader,
                &[
                    ("host_network_receive_bytes_total", "received {{instance}}"),
                    ("host_network_transmit_bytes_total", "sent {{instance}}"),
                ],
            ),
        )
        .map(|panel| panel.unit("Bps")),
        graph(
            "Tasks of the runtime",
            each(
                reader,
                &[
                    ("tokio_alive_tasks", "alive {{instance}}"),
                    ("tokio_global_queue_tasks", "waiting {{instance}}"),
                    ("tokio_blocking_queue_tasks", "blocking, waiting {{instance}}"),
                ],
            ),
        ),
        share(PanelKind::TimeSeries, "Workers of the runtime, busy", busy(reader)),
    ];
    panels.into_iter().flatten().collect()
}

/// Sums by instance of the metrics that exist.
fn each(reader: &Reader<'_>, names: &[(&str, &str)]) -> Vec<Target> {
    let found = names.iter().filter_map(|(name, legend)| Some((reader.find(name)?, *legend)));
    found.map(|(of, legend)| Target::new(finite(&of, reader.sum(&of, &["instance"])), legend)).collect()
}

/// A limit that does not exist is infinite: no line.
fn finite(of: &Selector, sum: String) -> String {
    if of.metric.ends_with("limit_bytes") { format!("{sum} < Inf") } else { sum }
}

fn ratio(reader: &Reader<'_>, used: &str, all: &str, label: &str) -> Vec<Target> {
    let (Some(used), Some(all)) = (reader.find(used), reader.find(all)) else { return Vec::new() };
    let by: &[&str] = if label == "instance" { &["instance"] } else { &["instance", label] };
    let (used, all) = (reader.aggregated("max", &used, by), reader.aggregated("max", &all, by));
    vec![Target::new(format!("{used} / ({all} > 0)"), format!("{{{{{label}}}}}"))]
}

fn uptime(reader: &Reader<'_>) -> Vec<Target> {
    let start = reader.find("process_start_time_seconds");
    let target = |start| {
        Target::new(format!("time() - {}", reader.aggregated("max", &start, &["instance"])), INSTANCE)
    };
    start.map(target).into_iter().collect()
}

fn host_cpu(reader: &Reader<'_>) -> Vec<Target> {
    let (Some(mut seconds), Some(cpus)) = (reader.find("host_cpu_seconds_total"), reader.find("host_cpus"))
    else {
        return Vec::new();
    };
    let idle = ["idle", "iowait"].map(str::to_owned).to_vec();
    seconds.matchers.push(("mode".to_owned(), LabelMatch::OneOf(idle)));
    let (idle, cpus) = (reader.sum(&seconds, &["instance"]), reader.sum(&cpus, &["instance"]));
    vec![Target::new(format!("1 - {idle} / ({cpus} > 0)"), INSTANCE)]
}

fn busy(reader: &Reader<'_>) -> Vec<Target> {
    let (Some(busy), Some(workers)) =
        (reader.find("tokio_worker_busy_seconds_total"), reader.find("tokio_workers"))
    else {
        return Vec::new();
    };
    let (busy, workers) = (reader.sum(&busy, &["instance"]), reader.sum(&workers, &["instance"]));
    vec![Target::new(format!("{busy} / ({workers} > 0)"), INSTANCE)]
}
