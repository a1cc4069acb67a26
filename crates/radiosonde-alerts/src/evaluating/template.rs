use std::collections::BTreeMap;

/// Replaces `{value}` and `{label}` in an annotation. Other braces stay as they are.
pub(crate) fn fill(template: &str, labels: &BTreeMap<String, String>, value: Option<f64>) -> String {
    let mut filled = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let placeholder = after.split_once('}').and_then(|(name, after)| {
            let text = match (name, labels.get(name)) {
                (_, Some(label)) => label.clone(),
                ("value", None) => value.map_or_else(|| "unknown".to_owned(), number),
                _ => return None,
            };
            Some((text, after))
        });
        match placeholder {
            Some((text, after)) => {
                filled.push_str(&text);
                rest = after;
            }
            None => {
                filled.push('{');
                rest = after;
            }
        }
    }
    filled.push_str(rest);
    filled
}

/// A number for people: at most four digits after the point.
pub(crate) fn number(value: f64) -> String {
    let text = format!("{value:.4}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_value_and_labels_stand_where_the_template_names_them() {
        let labels = BTreeMap::from([("queue".to_owned(), "mail".to_owned())]);
        let fill = |template, value| fill(template, &labels, value);
        assert_eq!(fill("{queue}: {value} of 10", Some(0.1 + 0.2)), "mail: 0.3 of 10");
        assert_eq!(fill("{value}", Some(5.0)), "5");
        assert_eq!(fill("{value}", None), "unknown");
        assert_eq!(fill("{other} {{queue}} {", Some(1.0)), "{other} {mail} {");
        assert_eq!(fill("{value}", Some(f64::INFINITY)), "inf");
    }
}
