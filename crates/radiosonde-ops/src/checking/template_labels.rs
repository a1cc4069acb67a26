/// The labels that a template of Prometheus reads: `$labels.name` and `.Labels.name`.
pub(crate) fn template_labels(text: &str) -> Vec<&str> {
    let starts = ["$labels.", ".Labels."];
    starts
        .iter()
        .flat_map(|start| text.split(start).skip(1))
        .map(name)
        .filter(|name| !name.is_empty())
        .collect()
}

/// The labels of a legend of Grafana: `{{name}}`.
pub(crate) fn legend_labels(text: &str) -> Vec<&str> {
    let inner = text.split("{{").skip(1).filter_map(|rest| Some(rest.split_once("}}")?.0.trim()));
    inner.filter(|inner| !inner.is_empty() && name(inner).len() == inner.len()).collect()
}

fn name(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
    text.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_of_templates_and_legends_are_found() {
        assert_eq!(template_labels("{{ $labels.job }}: {{ $value }} on {{ $labels.pod}}"), ["job", "pod"]);
        assert_eq!(legend_labels("{{ endpoint }} {{status}}, p95, {{ a b }}"), ["endpoint", "status"]);
    }
}
