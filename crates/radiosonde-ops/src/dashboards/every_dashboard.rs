use crate::catalogue::{Catalogue, Selector};
use crate::dashboards::dashboard::Dashboard;
use crate::dashboards::link::Link;
use crate::dashboards::panel::Panel;
use crate::dashboards::panel_kind::PanelKind;
use crate::dashboards::reader::Reader;
use crate::dashboards::service::Service;
use crate::dashboards::uid::uid;
use crate::dashboards::variable::Variable;
use crate::dashboards::{api, business, database, objectives, overview, resources, telemetry, workers};
use crate::promql::{Scope, counted_suffix, log_stream};

/// What a dashboard shows: its kind, the end of its title, and its panels.
struct Page {
    kind: &'static str,
    title: &'static str,
    description: &'static str,
    panels: Vec<Panel>,
}

/// The dashboards for which the catalogue has something to show. `name` is that of the service.
pub(crate) fn every_dashboard(
    name: &str,
    catalogue: &Catalogue,
    scope: &Scope,
    runbooks: Option<&str>,
) -> Vec<Dashboard> {
    let instances = scope.clone().like("instance", "$instance");
    let service =
        Service { name, stream: log_stream(name, scope), reader: Reader::new(catalogue, instances.clone()) };
    let item = api::item_label(catalogue);
    let by_item = item.iter().fold(instances, |scope, label| scope.like(label, &format!("${label}")));
    let of_items = Service { reader: Reader::new(catalogue, by_item), ..service.clone() };
    let pages = pages(&service, &of_items, &objectives::panels(catalogue, scope));
    let variables = Variables { reader: Reader::new(catalogue, scope.clone()), item: item.as_deref() };
    pages.into_iter().map(|page| dashboard(&service, page, &variables, runbooks)).collect()
}

fn pages(service: &Service<'_>, of_items: &Service<'_>, objectives: &[Panel]) -> Vec<Page> {
    let page = |kind, title, description, panels| Page { kind, title, description, panels };
    let all = [
        page(
            "overview",
            "Overview",
            "The golden signals of all work, and what runs.",
            overview::panels(service),
        ),
        page(
            "api",
            "API",
            "Requests by endpoint: latency, traffic, errors and those in flight.",
            api::panels(of_items),
        ),
        page("database", "Database", "Queries, connections and caches.", database::panels(service)),
        page("workers", "Workers", "Tasks, queues and scheduled jobs.", workers::panels(service)),
        page("resources", "Resources", "What the processes and their hosts use.", resources::panels(service)),
        page(
            "business",
            "Business",
            "What the program counts and measures itself.",
            business::panels(service),
        ),
        page("slo", "Objectives", "Objectives, their error budgets and burn rates.", objectives.to_vec()),
        page(
            "telemetry",
            "Telemetry",
            "Logs, traces and metrics that were made, sent and lost.",
            telemetry::panels(service),
        ),
    ];
    // A page of logs alone shows nothing that Explore does not.
    let has_metrics =
        |page: &Page| page.panels.iter().any(|panel| !matches!(panel.kind, PanelKind::Logs | PanelKind::Row));
    all.into_iter().filter(has_metrics).collect()
}

struct Variables<'a> {
    reader: Reader<'a>,
    item: Option<&'a str>,
}

impl Variables<'_> {
    /// The variables that the panels use, and all data sources.
    fn of(&self, panels: &[Panel]) -> Vec<Variable> {
        let mut variables = vec![
            Variable::source("prometheus", "Metrics"),
            Variable::source("loki", "Logs"),
            Variable::source("jaeger", "Traces"),
        ];
        let uses = |name: &str| {
            let variable = format!("\"${name}\"");
            panels.iter().flat_map(|panel| &panel.targets).any(|target| target.expr.contains(&variable))
        };
        if let Some(series) = self.always().filter(|_| uses("instance")) {
            variables.push(Variable::label("instance", "Instance", &self.series(&series)));
        }
        let item = self.item.filter(|item| uses(item));
        if let Some((item, series)) =
            item.and_then(|item| Some((item, api::requests(self.reader.catalogue)?)))
        {
            variables.push(Variable::label(item, "Endpoint", &self.series(&series)));
        }
        variables
    }

    /// Series that each instance has from its start.
    fn always(&self) -> Option<Selector> {
        let known = ["radiosonde_metrics_scrapes_total", "process_start_time_seconds", "build_info"];
        let first = || self.reader.catalogue.metrics.first().map(Selector::from);
        known.iter().find_map(|name| self.reader.find(name)).or_else(first)
    }

    /// A selector, under the present name only: `label_values` takes no expression.
    fn series(&self, of: &Selector) -> String {
        self.reader.scope.instant_with(
            &Selector { former_names: Vec::new(), ..of.clone() },
            counted_suffix(of),
            &[],
        )
    }
}

fn dashboard(
    service: &Service<'_>,
    page: Page,
    variables: &Variables<'_>,
    runbooks: Option<&str>,
) -> Dashboard {
    let Service { name, stream, .. } = service;
    let tags = vec!["radiosonde".to_owned(), (*name).to_owned()];
    let mut links = vec![
        Link::tagged("Dashboards", tags.clone()),
        Link::lines("Lines", &format!("{stream}}}")),
        Link::traces(name),
    ];
    links.extend(runbooks.map(|url| Link::url("Runbooks", "What to do about each alert", url)));
    let mut tags = tags;
    tags.push(page.kind.to_owned());
    Dashboard {
        uid: uid(name, page.kind),
        kind: page.kind,
        title: format!("{name}: {}", page.title),
        description: page.description,
        tags,
        links,
        variables: variables.of(&page.panels),
        panels: page.panels,
    }
}
