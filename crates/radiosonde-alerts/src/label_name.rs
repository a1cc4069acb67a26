/// Whether Prometheus and Alertmanager accept this as the name of a label: `[a-zA-Z_][a-zA-Z0-9_]*`, and not with two underscores in front,
/// which are for the servers' own.
pub(crate) fn is_label_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    let starts = bytes.next().is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_');
    starts && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') && !name.starts_with("__")
}

/// Whether the label is set from the name or the severity of an alert.
pub(crate) fn is_reserved(name: &str) -> bool {
    matches!(name, "alertname" | "severity")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_labels_are_those_that_prometheus_accepts() {
        for name in ["a", "_a", "team_2", "Z9"] {
            assert!(is_label_name(name), "{name}");
        }
        for name in ["", "2a", "a-b", "a b", "a.b", "ä", "__a", "a:b"] {
            assert!(!is_label_name(name), "{name}");
        }
    }
}
