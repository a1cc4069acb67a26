use crate::dashboards::grid::places;
use crate::dashboards::link::Link;
use crate::dashboards::no_such_dashboard::NoSuchDashboard;
use crate::dashboards::panel::Panel;
use crate::dashboards::variable::Variable;
use crate::document::{Node, list, map};

/// The version of the JSON: that of Grafana 12.
const SCHEMA_VERSION: f64 = 42.0;

/// A dashboard of Grafana, as a file of its provisioning.
///
/// # Shape
/// Each data source is a variable: `prometheus`, `loki`, `jaeger`. Where a metric has the label, `instance` and `endpoint` are variables, too.
///
/// Source: <https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model/>
#[derive(Debug, Clone, PartialEq)]
pub struct Dashboard {
    pub(crate) uid: String,
    pub(crate) kind: &'static str,
    pub(crate) title: String,
    pub(crate) description: &'static str,
    pub(crate) tags: Vec<String>,
    pub(crate) links: Vec<Link>,
    pub(crate) variables: Vec<Variable>,
    pub(crate) panels: Vec<Panel>,
}

impl Dashboard {
    /// The identifier in its address: the name of its file, and a name to ask for it.
    #[must_use]
    pub fn uid(&self) -> &str {
        &self.uid
    }

    /// What it shows of the service, such as `overview` or `api`: another name to ask for it.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        self.kind
    }

    /// The title.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.title
    }

    /// Selects the value of a template variable.
    ///
    /// # Errors
    /// [`NoSuchDashboard`] lists the variables that it has.
    pub fn with_variable(mut self, name: &str, value: &str) -> Result<Self, NoSuchDashboard> {
        match self.variables.iter_mut().find(|variable| variable.name == name) {
            Some(variable) => variable.value = Some(value.to_owned()),
            None => {
                let known = self.variables.iter().map(|variable| variable.name.clone()).collect();
                return Err(NoSuchDashboard::new("variable", name, known));
            }
        }
        Ok(self)
    }

    /// The JSON of its file.
    #[must_use]
    pub fn to_json(&self) -> String {
        let panels = (1..).zip(&self.panels).zip(places(&self.panels));
        let panels = panels.map(|((id, panel), place)| panel.node(id, place));
        let variables = list(self.variables.iter().map(Variable::node));
        map([
            ("uid", (&self.uid).into()),
            ("title", (&self.title).into()),
            ("description", self.description.into()),
            ("tags", list(&self.tags)),
            ("schemaVersion", SCHEMA_VERSION.into()),
            ("editable", false.into()),
            ("graphTooltip", 1.0.into()),
            ("refresh", "30s".into()),
            ("time", map([("from", Node::from("now-1h")), ("to", "now".into())])),
            ("timezone", "browser".into()),
            ("links", list(self.links.iter().map(Link::node))),
            ("templating", map([("list", variables)])),
            ("panels", Node::List(panels.collect())),
        ])
        .to_json()
    }
}
