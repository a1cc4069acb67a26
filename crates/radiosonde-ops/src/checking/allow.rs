use crate::checking::diagnostic::DiagnosticCode;

/// A comment that allows a code: `radiosonde: allow(code) reason`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Allow {
    pub(crate) line: usize,
    /// The code; a text that is not a code, or the lack of a reason, is an error.
    pub(crate) code: Result<DiagnosticCode, String>,
}

const START: &str = "radiosonde: allow";

/// What a line allows.
pub(crate) fn allows_of(line: usize, text: &str) -> Vec<Allow> {
    let Some((_, after)) = text.split_once(START) else { return Vec::new() };
    let expected =
        |what: &str| vec![Allow { line, code: Err(format!("{what}; expected `{START}(code) reason`")) }];
    let Some((codes, reason)) = after.strip_prefix('(').and_then(|rest| rest.split_once(')')) else {
        return expected("no code");
    };
    if reason.trim().trim_end_matches("-->").trim().is_empty() {
        return expected("no reason");
    }
    let codes = codes.split(',').map(str::trim).map(|code| Allow {
        line,
        code: DiagnosticCode::of(code)
            .ok_or_else(|| format!("unknown code {code:?}; expected one such as `label-missing`")),
    });
    codes.collect()
}

/// The allowing comments of a file: of lines that have a `#` or a comment of Markdown before.
pub(crate) fn allows(text: &str) -> Vec<Allow> {
    let comments = text.lines().enumerate().filter(|(_, line)| {
        line.split_once(START).is_some_and(|(before, _)| {
            let before = before.trim_end();
            before.ends_with('#') || before.ends_with("<!--")
        })
    });
    comments.flat_map(|(at, line)| allows_of(at + 1, line)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_names_codes_and_a_reason() {
        let codes = |text: &str| allows(text).into_iter().map(|allow| allow.code).collect::<Vec<_>>();
        let two = "- x # radiosonde: allow(label-missing, label-value) old";
        assert_eq!(codes(two), [Ok(DiagnosticCode::LabelMissing), Ok(DiagnosticCode::LabelValue)]);
        assert!(
            codes("# radiosonde: allow(label-missing)")[0].as_ref().unwrap_err().starts_with("no reason")
        );
        assert!(
            codes("# radiosonde: allow(nonsense) x")[0].as_ref().unwrap_err().starts_with("unknown code")
        );
        assert_eq!(codes("expr: a == \"radiosonde: allow(x)\""), []);
    }
}
