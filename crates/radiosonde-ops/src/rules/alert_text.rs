use std::collections::BTreeMap;

/// An annotation as a template of Prometheus: `{value}` and `{label}` stand for the value and a label, and all other braces for themselves.
///
/// Source: <https://prometheus.io/docs/prometheus/latest/configuration/template_examples/>
pub(crate) fn alert_text(text: &str, by: Option<&str>, labels: &BTreeMap<String, String>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let placeholder =
            after.split_once('}').and_then(|(name, after)| Some((field(name, by, labels)?, after)));
        match placeholder {
            Some((field, after)) => {
                out.push_str(&field);
                rest = after;
            }
            // Two of them would begin a template.
            None => {
                out.push_str(if after.starts_with('{') { "{{ \"{\" }}" } else { "{" });
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

fn field(name: &str, by: Option<&str>, labels: &BTreeMap<String, String>) -> Option<String> {
    if by == Some(name) {
        return Some(format!("{{{{ $labels.{name} }}}}"));
    }
    if let Some(value) = labels.get(name) {
        return Some(literal(value));
    }
    // At most four digits, as the alert engine writes them.
    (name == "value").then(|| "{{ printf \"%.4g\" $value }}".to_owned())
}

/// A text that is no template.
pub(crate) fn literal(text: &str) -> String {
    text.replace("{{", "{{ \"{{\" }}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_become_templates_and_other_braces_stay() {
        let labels = BTreeMap::from([("queue".to_owned(), "mail".to_owned())]);
        let text = |text| alert_text(text, Some("site"), &labels);
        let expected = "{{ printf \"%.4g\" $value }} devices of {{ $labels.site }} wait in mail.";
        assert_eq!(text("{value} devices of {site} wait in {queue}."), expected);
        assert_eq!(text("{other} {"), "{other} {");
        assert_eq!(text("{{ $value }}"), "{{ \"{\" }}{ $value }}");
        assert_eq!(literal("{{x}}"), "{{ \"{{\" }}x}}");
    }
}
