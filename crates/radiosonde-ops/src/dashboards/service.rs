use crate::dashboards::link::Link;
use crate::dashboards::panel::Panel;
use crate::dashboards::panel_kind::PanelKind;
use crate::dashboards::reader::Reader;
use crate::dashboards::target::Target;
use crate::dashboards::work::Work;

/// The service of a dashboard.
#[derive(Debug, Clone)]
pub(crate) struct Service<'a> {
    pub(crate) name: &'a str,
    /// Its lines in LogQL, without the closing brace.
    pub(crate) stream: String,
    pub(crate) reader: Reader<'a>,
}

impl Service<'_> {
    /// A panel of lines.
    pub(crate) fn logs(&self, title: &str, filter: &str) -> Panel {
        let lines = Target::lines(format!("{}}}{filter}", self.stream));
        Panel::new(PanelKind::Logs, title, vec![lines])
            .about("The latest lines. A line with a trace has a link to it.")
    }

    /// A graph of latencies, with a line at the longest time that an objective calls good, and with links to slow traces.
    pub(crate) fn latency(&self, title: &str, targets: Vec<Target>, work: &Work<'_>) -> Option<Panel> {
        let good = work.good_latency();
        let panel = panel(PanelKind::TimeSeries, title, targets)?
            .unit("s")
            .between(0.0, None)
            .steps("green", good.map(|good| (good, "red")))
            .about("The dots are traces. A line is the longest time that an objective calls good.");
        Some(panel.link(Link::slow_traces(self.name, good.unwrap_or(1.0))))
    }

    /// A graph of shares that failed, with a line at the share that an objective allows, and with links to error lines.
    pub(crate) fn errors(&self, title: &str, targets: Vec<Target>, work: &Work<'_>) -> Option<Panel> {
        let panel = panel(PanelKind::TimeSeries, title, targets)?
            .unit("percentunit")
            .between(0.0, None)
            .steps("green", work.good_error_ratio().map(|budget| (budget, "red")))
            .about("The share that failed; 0 without traffic. A line is the share that an objective allows.");
        let errors = format!(r#"{}, level=~"ERROR|FATAL|CRITICAL"}}"#, self.stream);
        Some(panel.link(Link::lines("Error lines", &errors)))
    }
}

/// A panel, if there is something to show.
pub(crate) fn panel(kind: PanelKind, title: &str, targets: Vec<Target>) -> Option<Panel> {
    (!targets.is_empty()).then(|| Panel::new(kind, title, targets))
}

/// A share of something that has a limit.
pub(crate) fn share(kind: PanelKind, title: &str, targets: Vec<Target>) -> Option<Panel> {
    let panel = panel(kind, title, targets)?.unit("percentunit").between(0.0, 1.0);
    Some(panel.steps("green", [(0.7, "yellow"), (0.9, "red")]))
}
