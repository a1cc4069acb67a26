use crate::promql::Scope;
use crate::rules::refused::{GenerateError, GenerateErrorKind};

/// Labels that series or rules have for another reason.
const TAKEN: [&str; 9] =
    ["__name__", "le", "quantile", "slo", "long", "short", "severity", "alertname", "alertstate"];

/// Refuses labels that cannot tell a service apart.
pub(crate) fn check_scope(scope: &Scope) -> Result<(), GenerateError> {
    let is_label = |label: &str| {
        let begins = label.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        begins
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
            && !TAKEN.contains(&label)
    };
    match scope.matchers().iter().find(|(label, _)| !is_label(label)) {
        Some((label, _)) => {
            Err(GenerateError { what: "label", name: label.clone(), kind: GenerateErrorKind::Label })
        }
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_that_no_service_can_have_is_refused() {
        let check = |label: &str| check_scope(&Scope::everything().matching(label, "a"));
        assert!(["job", "service", "_zone1"].into_iter().all(|label| check(label).is_ok()));
        assert!(
            ["", "1x", "jo b", "jöb", "__name__", "le", "slo"].into_iter().all(|label| check(label).is_err())
        );
        let message = check("le").unwrap_err().to_string();
        assert!(
            message.starts_with("no rule for label \"le\": it is no label of a service; expected "),
            "{message}"
        );
    }
}
