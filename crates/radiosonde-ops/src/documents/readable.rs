/// An annotation for people, with `{value}` and `{label}` in place of Prometheus' templates.
pub(crate) fn readable(annotation: &str) -> String {
    let mut out = String::with_capacity(annotation.len());
    let mut rest = annotation;
    while let Some((before, after)) = rest.split_once("{{ ") {
        let Some((template, behind)) = after.split_once(" }}") else { break };
        out.push_str(before);
        match template.strip_prefix("$labels.") {
            Some(label) => out.extend(["{", label, "}"]),
            None if template.ends_with("$value") => out.push_str("{value}"),
            None => out.push_str(template.trim_matches('"')),
        }
        rest = behind;
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_are_shown_as_they_were_declared() {
        let text = "{{ printf \"%.4g\" $value }} of {{ $labels.mount }} {{ \"{{\" }}x}} {{ open";
        assert_eq!(readable(text), "{value} of {mount} {{x}} {{ open");
    }
}
