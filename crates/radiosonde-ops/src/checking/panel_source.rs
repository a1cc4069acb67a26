use crate::checking::tree::{Tree, Value};

/// A query of a dashboard.
#[derive(Debug)]
pub(crate) struct PanelQuery<'a> {
    /// `panel "Errors"`, `variable job` or `annotation deploys`.
    pub(crate) place: String,
    pub(crate) query: String,
    pub(crate) line: usize,
    pub(crate) legend: Option<&'a str>,
    /// The panel that it is in, by its position among all.
    pub(crate) panel: usize,
}

/// A description that may allow codes, with its line.
#[derive(Debug)]
pub(crate) struct Described<'a> {
    pub(crate) panel: usize,
    pub(crate) line: usize,
    pub(crate) description: &'a str,
}

/// The queries of a dashboard, and the descriptions of its panels.
#[derive(Debug, Default)]
pub(crate) struct PanelSources<'a> {
    pub(crate) queries: Vec<PanelQuery<'a>>,
    pub(crate) descriptions: Vec<Described<'a>>,
    panels: usize,
    /// The variables that stand for data sources without metrics.
    log_sources: Vec<&'a str>,
}

impl<'a> PanelSources<'a> {
    pub(crate) fn of(documents: &'a [Tree]) -> Self {
        let mut sources = Self::default();
        for document in documents {
            // The form of the HTTP API has the dashboard within.
            let dashboard = document.get("dashboard").unwrap_or(document);
            sources.log_sources = log_sources(dashboard);
            sources.panels_of(dashboard);
            for variable in dashboard.get("templating").map(|all| all.list_of("list")).unwrap_or_default() {
                sources.variable(variable);
            }
            for annotation in dashboard.get("annotations").map(|all| all.list_of("list")).unwrap_or_default()
            {
                sources.annotation(annotation);
            }
        }
        sources
    }

    /// Whether a file is a dashboard.
    pub(crate) fn is_dashboard(document: &Tree) -> bool {
        let dashboard = document.get("dashboard").unwrap_or(document);
        ["panels", "rows"]
            .iter()
            .any(|key| matches!(dashboard.get(key), Some(Tree { value: Value::List(_), .. })))
    }

    fn panels_of(&mut self, parent: &'a Tree) {
        for row in parent.list_of("rows") {
            self.panels_of(row);
        }
        for panel in parent.list_of("panels") {
            self.panel(panel);
            self.panels_of(panel);
        }
    }

    fn panel(&mut self, panel: &'a Tree) {
        self.panels += 1;
        if let Some((description, line)) =
            panel.get("description").and_then(|tree| Some((tree.text()?, tree.line)))
        {
            self.descriptions.push(Described { panel: self.panels, line, description });
        }
        let place = format!("panel {:?}", panel.text_of("title").unwrap_or_default());
        for target in panel.list_of("targets") {
            if !self.is_prometheus(panel) || !self.is_prometheus(target) {
                continue;
            }
            if let Some((query, line)) = target.get("expr").and_then(|tree| Some((tree.text()?, tree.line))) {
                let legend = target.text_of("legendFormat");
                self.add(place.clone(), query.to_owned(), line, legend);
            }
        }
    }

    fn add(&mut self, place: String, query: String, line: usize, legend: Option<&'a str>) {
        if !query.trim().is_empty() {
            self.queries.push(PanelQuery { place, query, line, legend, panel: self.panels });
        }
    }

    /// `label_values(metric, label)`, `query_result(query)` and the like.
    ///
    /// Source: <https://grafana.com/docs/grafana/latest/datasources/prometheus/template-variables/>
    fn variable(&mut self, variable: &'a Tree) {
        if variable.text_of("type") != Some("query") || !self.is_prometheus(variable) {
            return;
        }
        let Some(query) = variable.get("query") else { return };
        let query = query.get("query").unwrap_or(query);
        let (Some(text), line) = (query.text(), query.line) else { return };
        let place = format!("variable {}", variable.text_of("name").unwrap_or_default());
        let inner = |name: &str| {
            let rest = text.trim().strip_prefix(name)?.trim_start().strip_prefix('(')?;
            rest.trim_end().strip_suffix(')')
        };
        self.panels += 1;
        if let Some(arguments) = inner("label_values") {
            // The last comma outside of matchers parts the label from the selector.
            if let Some((selector, label)) =
                arguments.rsplit_once(',').filter(|(_, label)| !label.contains(['}', '"']))
            {
                self.add(place, format!("group by ({}) ({selector})", label.trim()), line, None);
            }
        } else if let Some(query) = inner("query_result") {
            self.add(place, query.to_owned(), line, None);
        }
    }

    fn annotation(&mut self, annotation: &'a Tree) {
        if !self.is_prometheus(annotation) {
            return;
        }
        self.panels += 1;
        if let Some((query, line)) = annotation.get("expr").and_then(|tree| Some((tree.text()?, tree.line))) {
            let place = format!("annotation {}", annotation.text_of("name").unwrap_or_default());
            self.add(place, query.to_owned(), line, None);
        }
    }

    /// Whether the data source can be Prometheus.
    fn is_prometheus(&self, tree: &Tree) -> bool {
        let Some(source) = tree.get("datasource") else { return true };
        let named = [source.text(), source.text_of("type"), source.text_of("uid")].into_iter().flatten();
        named.into_iter().all(|name| {
            let variable = name.trim_start_matches(['$', '{']).trim_end_matches('}');
            !is_other(name) && !self.log_sources.contains(&variable)
        })
    }
}

/// Whether a name is that of a data source with another language than PromQL.
fn is_other(name: &str) -> bool {
    const OTHERS: [&str; 9] =
        ["loki", "tempo", "jaeger", "elasticsearch", "influx", "grafana", "mysql", "postgres", "graphite"];
    let name = name.to_lowercase();
    OTHERS.iter().any(|other| name.contains(other))
}

fn log_sources(dashboard: &Tree) -> Vec<&str> {
    let variables = dashboard.get("templating").map(|all| all.list_of("list")).unwrap_or_default().iter();
    let sources = variables.filter(|variable| variable.text_of("type") == Some("datasource"));
    let others = sources.filter(|variable| variable.text_of("query").is_some_and(is_other));
    others.filter_map(|variable| variable.text_of("name")).collect()
}
