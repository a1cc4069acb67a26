use std::fmt::Write as _;
use std::path::Path;

use radiosonde_ops::{Checker, Diagnostic, DiagnosticSeverity, Generator};
use serde::Serialize;

use crate::arguments::{Check, Format, Generate};
use crate::failure::Failure;
use crate::source::{read, read_all};

/// Where `check` looks for a catalogue.
const DEFAULT: &str = "ops/catalogue.json";

/// What a command prints, and whether it found something.
pub(crate) struct Outcome {
    pub(crate) text: String,
    pub(crate) has_findings: bool,
}

impl Outcome {
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self { text: text.into(), has_findings: false }
    }
}

/// A finding as a line of JSON.
#[derive(Serialize)]
struct Line<'a> {
    file: &'a str,
    line: usize,
    place: &'a str,
    severity: String,
    code: String,
    message: &'a str,
    query: &'a str,
    fix: Option<&'a str>,
}

impl<'a> From<&'a Diagnostic> for Line<'a> {
    fn from(found: &'a Diagnostic) -> Self {
        Self {
            file: &found.file,
            line: found.line,
            place: &found.place,
            severity: found.severity.to_string(),
            code: found.code.to_string(),
            message: &found.message,
            query: &found.query,
            fix: found.fix.as_deref(),
        }
    }
}

pub(crate) fn check(check: &Check) -> Result<Outcome, Failure> {
    let catalogue = if check.catalogues.is_empty() {
        let hint = "expected --catalogue FILE, or the address of /metrics";
        read(DEFAULT).map_err(|failure| Failure::of(failure, hint))?
    } else {
        read_all(&check.catalogues)?
    };
    let checker = Checker::new(&catalogue);
    let checker = check.external.iter().fold(checker, Checker::external);
    let checker = check.target_labels.iter().fold(checker, Checker::target_label);
    if let Some(missing) = check.paths.iter().find(|path| !Path::new(path).exists()) {
        return Err(Failure::of(missing, "there is no such file or folder"));
    }
    let found =
        checker.check_paths(&check.paths).map_err(|error| Failure::of(check.paths.join(", "), error))?;
    let errors = found.iter().filter(|found| found.severity == DiagnosticSeverity::Error).count();
    let warnings = found.len() - errors;
    let mut text = String::new();
    for found in &found {
        // Writing to a String does not fail, and neither does the JSON of texts.
        let _ = match check.is_json {
            true => writeln!(text, "{}", serde_json::to_string(&Line::from(found)).unwrap_or_default()),
            false => writeln!(text, "{found}"),
        };
    }
    if !check.is_json {
        let _ = writeln!(text, "errors: {errors}, warnings: {warnings}");
    }
    Ok(Outcome { text, has_findings: errors > 0 || (check.is_strict && warnings > 0) })
}

pub(crate) fn lint(source: &str) -> Result<Outcome, Failure> {
    let found = read(source)?.lint();
    let text = found.iter().map(|finding| format!("{finding}\n")).collect();
    Ok(Outcome { text, has_findings: !found.is_empty() })
}

pub(crate) fn catalogue(source: &str, format: Format) -> Result<Outcome, Failure> {
    let catalogue = read(source)?;
    Ok(Outcome::text(match format {
        Format::Json => catalogue.to_json(),
        Format::Markdown => catalogue.to_string(),
    }))
}

pub(crate) fn generate(generate: &Generate) -> Result<Outcome, Failure> {
    let catalogue = read(&generate.source)?;
    let matching = generate.matching.iter();
    let generator = matching.fold(Generator::new(&generate.name, catalogue), |generator, (label, value)| {
        generator.matching(label, value)
    });
    let generator = generate.runbooks.iter().fold(generator, Generator::runbooks);
    let artifacts = generator.artifacts().map_err(|error| Failure::of(&generate.source, error))?;
    artifacts.write(Path::new(&generate.folder)).map_err(|error| Failure::of(&generate.folder, error))?;
    Ok(Outcome::text(artifacts.files().map(|(path, _)| format!("{path}\n")).collect::<String>()))
}
