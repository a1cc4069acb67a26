use crate::checking::allow::Allow;
use crate::checking::diagnostic::{Diagnostic, DiagnosticCode};
use crate::checking::inference::{Defect, Inference};
use crate::checking::known_series::KnownSeries;
use crate::checking::log_filters::{TextFilter, text_filters};
use crate::checking::query::parse;
use crate::checking::shape::Shape;

/// A query within a file.
#[derive(Debug, Clone)]
pub(crate) struct Item<'a> {
    pub(crate) place: String,
    pub(crate) query: &'a str,
    pub(crate) line: usize,
    /// Items that the same comments apply to.
    pub(crate) owner: usize,
}

/// What is found in one file, before comments that allow it are applied.
pub(crate) struct Report<'a> {
    file: &'a str,
    lines: Vec<&'a str>,
    found: Vec<(usize, Diagnostic)>,
}

impl<'a> Report<'a> {
    pub(crate) fn of(file: &'a str, text: &'a str) -> Self {
        Self { file, lines: text.lines().collect(), found: Vec::new() }
    }

    /// Checks a query. The texts of an alert tell shares from rates.
    pub(crate) fn query(
        &mut self,
        known: &KnownSeries,
        item: &Item<'_>,
        alert: Option<&str>,
    ) -> Option<Shape> {
        let expr = match parse(item.query) {
            Ok(expr) => expr,
            Err(message) => {
                self.add(item, item.line, DiagnosticCode::InvalidQuery, message, None);
                return None;
            }
        };
        let mut inference = Inference::of(known, &expr);
        let shape = inference.shape(&expr);
        if let Some(texts) = alert {
            inference.alert(&expr, texts);
        }
        for Defect { code, message, fix, near } in inference.defects {
            // The parser writes names with other characters than it reads.
            // Grafana's variables were replaced by values of ours.
            let has_variables = item.query.contains('$') || item.query.contains("[[");
            let fix = fix.filter(|fix| parse(fix).is_ok() && !has_variables);
            self.add(item, self.line_of(item, &near), code, message, fix);
        }
        Some(shape)
    }

    /// Checks the filters of a query of LogQL.
    pub(crate) fn log_query(&mut self, item: &Item<'_>) {
        for TextFilter { filter, fixed } in text_filters(item.query) {
            let message = format!("`{filter}` never matches a line of JSON; expected `{fixed}`");
            let fix = item.query.trim().replacen(&filter, &fixed, 1);
            self.add(item, self.line_of(item, &filter), DiagnosticCode::TextFilterOnJson, message, Some(fix));
        }
    }

    /// Checks the labels that a template or legend reads.
    pub(crate) fn template(&mut self, item: &Item<'_>, line: usize, shape: &Shape, labels: &[&str]) {
        let mut seen: Vec<&str> = Vec::new();
        for label in labels {
            if shape.labels.can_have(label) || seen.contains(label) {
                continue;
            }
            seen.push(label);
            let message =
                format!("the result has no label `{label}`; expected one of: {}", shape.labels.shown());
            self.add(item, line, DiagnosticCode::TemplateLabel, message, None);
        }
    }

    pub(crate) fn add(
        &mut self,
        item: &Item<'_>,
        line: usize,
        code: DiagnosticCode,
        message: String,
        fix: Option<String>,
    ) {
        // YAML also ends lines where editors do not.
        let line = line.clamp(1, self.lines.len().max(1));
        let (place, query) = (item.place.clone(), item.query.trim().to_owned());
        let (file, severity) = (self.file.to_owned(), code.severity());
        self.found.push((item.owner, Diagnostic { file, line, place, query, severity, code, message, fix }));
    }

    /// A file that cannot be read.
    pub(crate) fn invalid(mut self, line: usize, reason: String) -> Vec<Diagnostic> {
        let item = Item { place: String::new(), query: "", line, owner: 0 };
        self.add(&item, line, DiagnosticCode::InvalidFile, reason, None);
        self.finish(Vec::new())
    }

    /// The line of a query that has this text.
    fn line_of(&self, item: &Item<'_>, near: &str) -> usize {
        /// Longer lines are those of files without line breaks, in which every query is on the first.
        const LONGEST: usize = 10_000;
        let height = item.query.trim_end().lines().count();
        if height < 2 || near.is_empty() {
            return item.line;
        }
        let lines = self.lines.iter().enumerate().skip(item.line.saturating_sub(1)).take(height);
        let mut named = lines.filter(|(_, line)| line.len() < LONGEST && line.contains(near));
        named.next().map_or(item.line, |(at, _)| at + 1)
    }

    /// Everything that is not allowed by a comment on its item, and the comments without an effect.
    pub(crate) fn finish(mut self, allows: Vec<(Option<usize>, Allow)>) -> Vec<Diagnostic> {
        let mut unused = Vec::new();
        for (owner, allow) in allows {
            let message = match allow.code {
                Ok(code) => {
                    let before = self.found.len();
                    self.found.retain(|(of, found)| Some(*of) != owner || found.code != code);
                    if self.found.len() < before {
                        continue;
                    }
                    format!("allows `{code}`, which was not found; expected no comment")
                }
                Err(message) => message,
            };
            unused.push((allow.line, message));
        }
        for (line, message) in unused {
            let item = Item { place: "comment".to_owned(), query: "", line, owner: usize::MAX };
            self.add(&item, line, DiagnosticCode::UnusedAllow, message, None);
        }
        let mut found: Vec<_> = self.found.into_iter().map(|(_, found)| found).collect();
        found.sort_by_key(|found| found.line);
        found
    }
}
