use crate::catalogue::AlertEntry;
use crate::promql::Scope;
use crate::rule_tests::test_file::RuleTest;
use crate::rules::RuleFile;

/// For each alert: fires, is quiet, resolves.
pub(crate) fn alert_tests(_alerts: &[AlertEntry], _rules: &RuleFile, _scope: &Scope) -> Vec<RuleTest> {
    Vec::new()
}
