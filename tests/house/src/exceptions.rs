use crate::{Finding, Rule};

/// Something that a rule finds and that stays.
#[derive(Debug, Clone, Copy)]
pub struct Exception {
    /// The rule.
    pub rule: Rule,
    /// The file.
    pub path: &'static str,
    /// A part of the finding's message.
    pub what: &'static str,
    /// Why it is permitted.
    pub reason: &'static str,
}

/// What became of a rule's findings.
#[derive(Debug, PartialEq, Eq)]
pub struct Verdict {
    /// What no exception covers.
    pub refused: Vec<Finding>,
    /// Exceptions that cover nothing, as "path: what".
    pub stale: Vec<String>,
}

/// Every exception there is.
const EXCEPTIONS: &[Exception] = &[Exception {
    rule: Rule::Manifest,
    path: "crates/radiosonde-macros/README.md",
    what: "has no example",
    reason: "its example needs radiosonde-metrics, which stands above it and has the example in its own README",
}];

/// Takes the exceptions of `rule` out of what it found.
#[must_use]
pub fn judge(rule: Rule, findings: Vec<Finding>) -> Verdict {
    judge_with(EXCEPTIONS, rule, findings)
}

fn judge_with(exceptions: &[Exception], rule: Rule, findings: Vec<Finding>) -> Verdict {
    let exceptions: Vec<_> = exceptions.iter().filter(|exception| exception.rule == rule).collect();
    let covers = |exception: &Exception, finding: &Finding| {
        exception.path == finding.path && finding.what.contains(exception.what)
    };
    let stale =
        exceptions.iter().filter(|exception| !findings.iter().any(|finding| covers(exception, finding)));
    let stale = stale.map(|exception| format!("{}: {}", exception.path, exception.what)).collect();
    let mut refused = findings;
    refused.retain(|finding| !exceptions.iter().any(|exception| covers(exception, finding)));
    Verdict { refused, stale }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Exception =
        Exception { rule: Rule::FileSize, path: "a.rs", what: "600 lines", reason: "a table of constants" };

    #[test]
    fn an_exception_covers_its_own_finding_only() {
        let findings = ["600 lines", "700 lines"].map(|what| Finding::new("a.rs", 1, what));
        let verdict = judge_with(&[LONG], Rule::FileSize, findings.to_vec());
        assert_eq!(verdict, Verdict { refused: vec![findings[1].clone()], stale: Vec::new() });
        assert_eq!(judge_with(&[LONG], Rule::FileName, findings.to_vec()).refused.len(), 2);
    }

    #[test]
    fn an_exception_that_covers_nothing_is_stale() {
        assert_eq!(judge_with(&[LONG], Rule::FileSize, Vec::new()).stale, ["a.rs: 600 lines"]);
    }

    #[test]
    fn every_exception_has_a_reason() {
        for exception in EXCEPTIONS {
            assert!(exception.reason.split(' ').count() > 3, "{exception:?}");
        }
    }
}
