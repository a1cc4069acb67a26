use crate::checking::tree::Tree;

/// A rule of a file of Prometheus.
#[derive(Debug)]
pub(crate) struct RuleSource<'a> {
    pub(crate) kind: RuleKind<'a>,
    pub(crate) expr: &'a Tree,
    pub(crate) last_line: usize,
    /// The texts that are templates: annotations, and labels.
    pub(crate) templates: Vec<&'a Tree>,
    pub(crate) labels: Vec<(&'a str, &'a str)>,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum RuleKind<'a> {
    Alert(&'a str),
    Recording(&'a str),
}

impl RuleSource<'_> {
    pub(crate) fn place(&self) -> String {
        match self.kind {
            RuleKind::Alert(name) => format!("alert {name}"),
            RuleKind::Recording(name) => format!("record {name}"),
        }
    }
}

/// The rules of a file: of its groups, of the groups of a `PrometheusRule`, or of a list without groups.
///
/// Source: <https://prometheus.io/docs/prometheus/latest/configuration/recording_rules/>
pub(crate) fn rules_of(documents: &[Tree]) -> Vec<RuleSource<'_>> {
    documents.iter().flat_map(rules_of_document).collect()
}

fn rules_of_document(document: &Tree) -> Vec<RuleSource<'_>> {
    let of_crd = document.get("spec").map(|spec| spec.list_of("groups")).unwrap_or_default();
    let groups = document.list_of("groups").iter().chain(of_crd);
    let grouped = groups.flat_map(|group| group.list_of("rules").iter().map(move |rule| (Some(group), rule)));
    let alone = document.list().iter().map(|rule| (None, rule));
    grouped.chain(alone).filter_map(|(group, rule)| rule_of(group, rule)).collect()
}

fn rule_of<'a>(group: Option<&'a Tree>, rule: &'a Tree) -> Option<RuleSource<'a>> {
    let kind = match (rule.text_of("alert"), rule.text_of("record")) {
        (Some(name), _) => RuleKind::Alert(name),
        (None, Some(name)) => RuleKind::Recording(name),
        (None, None) => return None,
    };
    let of = |tree: &'a Tree, key| tree.get(key).map(Tree::entries).unwrap_or_default();
    let labels = group.into_iter().chain([rule]).flat_map(|tree| of(tree, "labels"));
    let texts = of(rule, "annotations").iter().chain(of(rule, "labels"));
    Some(RuleSource {
        kind,
        expr: rule.get("expr")?,
        last_line: rule.last_line(),
        templates: texts.map(|(_, text)| text).collect(),
        labels: labels.filter_map(|(name, value)| Some((name.as_str(), value.text()?))).collect(),
    })
}
