use crate::rules::RuleFile;

/// `alertmanager.yml`: routes by severity and owner, and inhibition.
pub(crate) fn alertmanager_file(_rules: &RuleFile) -> String {
    String::new()
}
