use crate::dashboards::link::Link;
use crate::dashboards::options::{custom, options, transformations};
use crate::dashboards::panel_kind::PanelKind;
use crate::dashboards::target::{Source, Target};
use crate::document::{Node, list, map};

/// A value above which a panel has another color, or a line on a graph.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Step {
    pub(crate) above: f64,
    pub(crate) color: &'static str,
}

/// A panel of a dashboard, without its place.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Panel {
    pub(crate) kind: PanelKind,
    pub(crate) title: String,
    description: String,
    unit: &'static str,
    pub(crate) targets: Vec<Target>,
    /// The color below all steps.
    base: &'static str,
    steps: Vec<Step>,
    range: (Option<f64>, Option<f64>),
    stacked: bool,
    links: Vec<Link>,
}

impl Panel {
    pub(crate) fn new(kind: PanelKind, title: impl Into<String>, targets: Vec<Target>) -> Self {
        Self {
            kind,
            title: title.into(),
            description: String::new(),
            unit: "short",
            targets,
            base: "green",
            steps: Vec::new(),
            range: (None, None),
            stacked: false,
            links: Vec::new(),
        }
    }

    pub(crate) fn row(title: impl Into<String>) -> Self {
        Self::new(PanelKind::Row, title, Vec::new())
    }

    pub(crate) fn about(self, description: impl Into<String>) -> Self {
        Self { description: description.into(), ..self }
    }

    pub(crate) fn unit(self, unit: &'static str) -> Self {
        Self { unit, ..self }
    }

    /// The color below the first step, and the steps in ascending order. On a graph, each is a line.
    pub(crate) fn steps(
        self,
        base: &'static str,
        steps: impl IntoIterator<Item = (f64, &'static str)>,
    ) -> Self {
        let steps = steps.into_iter().map(|(above, color)| Step { above, color }).collect();
        Self { base, steps, ..self }
    }

    pub(crate) fn between(self, min: impl Into<Option<f64>>, max: impl Into<Option<f64>>) -> Self {
        Self { range: (min.into(), max.into()), ..self }
    }

    pub(crate) fn stacked(self) -> Self {
        Self { stacked: true, ..self }
    }

    pub(crate) fn link(mut self, link: Link) -> Self {
        self.links.push(link);
        self
    }

    /// The panel with this number at this place: `x`, `y`, width and height.
    pub(crate) fn node(&self, id: u32, [x, y, w, h]: [u32; 4]) -> Node {
        let place = map([("h", h.into()), ("w", w.into()), ("x", x.into()), ("y", Node::from(y))]);
        let mut node: Vec<(&str, Node)> = vec![
            ("id", id.into()),
            ("type", self.kind.plugin().into()),
            ("title", (&self.title).into()),
            ("gridPos", place),
        ];
        if self.kind == PanelKind::Row {
            node.extend([("collapsed", false.into()), ("panels", Node::List(Vec::new()))]);
            return map(node);
        }
        let source = self.targets.first().map_or(Source::Prometheus, Target::source);
        node.extend([("description", (&self.description).into()), ("datasource", source.node())]);
        if !self.links.is_empty() {
            node.push(("links", list(self.links.iter().map(Link::node))));
        }
        node.push(("fieldConfig", self.field_config()));
        node.push(("options", options(self.kind, self.unit)));
        if let Some(transformations) = transformations(self.kind) {
            node.push(("transformations", transformations));
        }
        node.push(("targets", list(self.targets.iter().enumerate().map(|(at, target)| target.node(at)))));
        map(node)
    }

    fn field_config(&self) -> Node {
        let mut defaults: Vec<(&str, Node)> = Vec::new();
        if self.kind != PanelKind::Logs {
            defaults.push(("unit", self.unit.into()));
            let (min, max) = self.range;
            defaults.extend(min.map(|min| ("min", min.into())));
            defaults.extend(max.map(|max| ("max", max.into())));
            let by_value = matches!(self.kind, PanelKind::Stat | PanelKind::Gauge | PanelKind::StateTimeline);
            let color = if by_value { "thresholds" } else { "palette-classic" };
            defaults.push(("color", map([("mode", Node::from(color))])));
            defaults.push(("thresholds", self.thresholds()));
        }
        defaults.push(("custom", custom(self.kind, self.stacked, !self.steps.is_empty())));
        map([("defaults", map(defaults)), ("overrides", Node::List(Vec::new()))])
    }

    fn thresholds(&self) -> Node {
        let step = |above: f64, color: &str| map([("color", Node::from(color)), ("value", above.into())]);
        // The lowest has no value: `null`.
        let base = step(f64::NEG_INFINITY, self.base);
        let steps = self.steps.iter().map(|of| step(of.above, of.color));
        map([("mode", Node::from("absolute")), ("steps", list(std::iter::once(base).chain(steps)))])
    }
}
