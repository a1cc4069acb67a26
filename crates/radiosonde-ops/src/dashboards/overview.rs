use crate::catalogue::{LabelMatch, Selector};
use crate::dashboards::panel::Panel;
use crate::dashboards::panel_kind::PanelKind;
use crate::dashboards::reader::{RATE, Reader};
use crate::dashboards::service::{Service, panel, share};
use crate::dashboards::target::Target;
use crate::dashboards::work::Work;

/// Health, the golden signals of all work, and lines.
pub(crate) fn panels(service: &Service<'_>) -> Vec<Panel> {
    let reader = &service.reader;
    let all = Work::of_all(reader);
    let requests = Work::of_kinds(reader, &["http_server"]);
    let latency = if let [of] = requests.latencies().as_slice() { reader.quantiles(of) } else { Vec::new() };
    let panels = [
        health(reader),
        instances(reader),
        restarts(reader),
        alerts(reader),
        panel(PanelKind::TimeSeries, "Traffic", all.traffic(false))
            .map(|panel| panel.unit("ops").between(0.0, None).about("What the service does, per second.")),
        service.errors("Errors", all.error_ratio(false), &all),
        service.latency("Latency of requests", latency, &requests),
        service.latency("95th percentile of the latency", all.latency(0.95, false), &all),
        share(
            PanelKind::TimeSeries,
            "Saturation",
            Work { signals: reader.catalogue.signals.iter().collect(), ..all }.saturation(),
        )
        .map(|panel| panel.about("What is in use, divided by its limit, of the fullest instance.")),
        checks(reader),
    ];
    panels.into_iter().flatten().chain([service.logs("Lines", "")]).collect()
}

fn health(reader: &Reader<'_>) -> Option<Panel> {
    let mut score = reader.find("system_health_score")?;
    score.matchers.push(("component".to_owned(), LabelMatch::OneOf(vec!["overall".to_owned()])));
    let target = Target::new(reader.aggregated("min", &score, &[]), "health");
    let panel = Panel::new(PanelKind::Stat, "Health", vec![target]).between(0.0, 100.0);
    Some(
        panel
            .steps("red", [(50.0, "yellow"), (80.0, "green")])
            .about("The score of the worst instance, of 100."),
    )
}

/// By version where it is known: two of them while one is rolled out.
fn instances(reader: &Reader<'_>) -> Option<Panel> {
    let info = reader.entry("build_info").filter(|info| info.has_label("version")).map(Selector::from);
    let target = match (info, reader.find("process_start_time_seconds")) {
        (Some(info), _) => Target::new(reader.aggregated("count", &info, &["version"]), "{{version}}"),
        (None, Some(start)) => Target::new(reader.aggregated("count", &start, &[]), "instances"),
        (None, None) => return None,
    };
    Some(
        Panel::new(PanelKind::Stat, "Instances", vec![target])
            .about("Instances that are scraped, by version."),
    )
}

fn restarts(reader: &Reader<'_>) -> Option<Panel> {
    let start = reader.find("process_start_time_seconds")?;
    let changes = reader.scope.range("changes", &start, "", &[], RATE);
    let target = Target::new(format!("sum({changes})"), "restarts");
    let panel = Panel::new(PanelKind::Stat, "Restarts", vec![target]).steps("green", [(1.0, "red")]);
    Some(panel.about("Processes that started again under the same address."))
}

fn alerts(reader: &Reader<'_>) -> Option<Panel> {
    let mut alerts = reader.find("alerts")?;
    let firing = LabelMatch::OneOf(vec!["firing".to_owned()]);
    alerts.matchers.push(("state".to_owned(), firing));
    let target = Target::new(format!("{} or vector(0)", reader.sum(&alerts, &[])), "firing");
    let panel = Panel::new(PanelKind::Stat, "Alerts", vec![target]).steps("green", [(1.0, "red")]);
    Some(panel.about("Alerts of the service's own engine that are firing."))
}

/// Each check of readiness, and each component.
fn checks(reader: &Reader<'_>) -> Option<Panel> {
    let status = reader.find("health_check_status")?;
    let target = Target::new(reader.aggregated("min", &status, &["check"]), "{{check}}");
    let panel = Panel::new(PanelKind::StateTimeline, "Checks", vec![target])
        .steps("red", [(0.5, "yellow"), (1.0, "green")]);
    Some(panel.about("Green while the check passes in every instance."))
}
