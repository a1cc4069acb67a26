use std::ffi::OsString;

use lexopt::{Arg, Parser};

use crate::failure::Failure;

/// What the command line asks for.
#[derive(Debug)]
pub(crate) enum Command {
    Check(Check),
    Lint(String),
    Catalogue { source: String, format: Format },
    Generate(Generate),
    Help(&'static str),
    Version,
}

#[derive(Debug, Default)]
pub(crate) struct Check {
    /// Where catalogues are; empty is the default file.
    pub(crate) catalogues: Vec<String>,
    pub(crate) external: Vec<String>,
    pub(crate) target_labels: Vec<String>,
    pub(crate) is_strict: bool,
    pub(crate) is_json: bool,
    pub(crate) paths: Vec<String>,
}

#[derive(Debug, Default)]
pub(crate) struct Generate {
    pub(crate) name: String,
    pub(crate) matching: Vec<(String, String)>,
    pub(crate) runbooks: Option<String>,
    pub(crate) source: String,
    pub(crate) folder: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Json,
    Markdown,
}

pub(crate) const USAGE: &str = "\
Checks PromQL against what a program declares, and generates rules and dashboards from it.

radiosonde check [OPTIONS] PATH...           rules, dashboards and queries that were written by hand
radiosonde catalogue [--markdown] SOURCE     what a program declares
radiosonde generate --name NAME SOURCE DIR   rules, their tests, dashboards and documents
radiosonde lint SOURCE                       names and help texts, by promlint's rules

SOURCE is a catalogue.json, a file with the text of /metrics, or its address (http:// or https://).

check:
  --catalogue SOURCE     what the program declares; several add up [default: ops/catalogue.json]
  --external PREFIX      metrics of other programs, such as node_; several are possible
  --target-label LABEL   a label of all targets beside job and instance; several are possible
  --strict               warnings fail, too
  --json                 findings as JSON, one a line
  PATH                   files and folders: .yml, .yaml, .json, .md, .promql, .logql

generate:
  --name NAME            the service
  --matching LABEL=VALUE reads only series with this label, such as job=orders; several are possible
  --runbooks URL         the address of the folder of runbooks

  -h, --help             this text
  -V, --version          the version

Exit status: 0 no findings, 1 findings, 2 failure.
";

const COMMANDS: [&str; 4] = ["check", "catalogue", "generate", "lint"];

impl Command {
    pub(crate) fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Self, Failure> {
        let mut parser = Parser::from_args(arguments);
        match parser.next().map_err(usage)? {
            None | Some(Arg::Short('h') | Arg::Long("help")) => Ok(Self::Help(USAGE)),
            Some(Arg::Short('V') | Arg::Long("version")) => Ok(Self::Version),
            Some(Arg::Value(name)) => match name.to_str() {
                Some("check") => parse_check(&mut parser),
                Some("catalogue") => parse_catalogue(&mut parser),
                Some("generate") => parse_generate(&mut parser),
                Some("lint") => parse_lint(&mut parser),
                _ => Err(Failure::new(format!("unknown command {name:?}; expected {}", COMMANDS.join(", ")))),
            },
            Some(other) => Err(usage(other.unexpected())),
        }
    }
}

fn usage(error: lexopt::Error) -> Failure {
    Failure::of("invalid command line", format!("{error}; radiosonde --help shows what is expected"))
}

/// The next value of an option, as text.
fn text(parser: &mut Parser) -> Result<String, Failure> {
    let value = parser.value().map_err(usage)?;
    value.into_string().map_err(|value| Failure::new(format!("{value:?} is not UTF-8")))
}

fn positional(value: OsString) -> Result<String, Failure> {
    value.into_string().map_err(|value| Failure::new(format!("{value:?} is not UTF-8")))
}

fn parse_check(parser: &mut Parser) -> Result<Command, Failure> {
    let mut check = Check::default();
    while let Some(argument) = parser.next().map_err(usage)? {
        match argument {
            Arg::Long("catalogue") => check.catalogues.push(text(parser)?),
            Arg::Long("external") => check.external.push(text(parser)?),
            Arg::Long("target-label") => check.target_labels.push(text(parser)?),
            Arg::Long("strict") => check.is_strict = true,
            Arg::Long("json") => check.is_json = true,
            Arg::Short('h') | Arg::Long("help") => return Ok(Command::Help(USAGE)),
            Arg::Value(path) => check.paths.push(positional(path)?),
            other => return Err(usage(other.unexpected())),
        }
    }
    if check.paths.is_empty() {
        return Err(Failure::new("nothing to check; expected files or folders, such as rules/ dashboards/"));
    }
    Ok(Command::Check(check))
}

fn parse_catalogue(parser: &mut Parser) -> Result<Command, Failure> {
    let (mut source, mut format) = (None, Format::Json);
    while let Some(argument) = parser.next().map_err(usage)? {
        match argument {
            Arg::Long("markdown") => format = Format::Markdown,
            Arg::Short('h') | Arg::Long("help") => return Ok(Command::Help(USAGE)),
            Arg::Value(value) if source.is_none() => source = Some(positional(value)?),
            other => return Err(usage(other.unexpected())),
        }
    }
    Ok(Command::Catalogue { source: required(source)?, format })
}

fn parse_lint(parser: &mut Parser) -> Result<Command, Failure> {
    let mut source = None;
    while let Some(argument) = parser.next().map_err(usage)? {
        match argument {
            Arg::Short('h') | Arg::Long("help") => return Ok(Command::Help(USAGE)),
            Arg::Value(value) if source.is_none() => source = Some(positional(value)?),
            other => return Err(usage(other.unexpected())),
        }
    }
    Ok(Command::Lint(required(source)?))
}

fn parse_generate(parser: &mut Parser) -> Result<Command, Failure> {
    let mut generate = Generate::default();
    let mut values = Vec::new();
    while let Some(argument) = parser.next().map_err(usage)? {
        match argument {
            Arg::Long("name") => generate.name = text(parser)?,
            Arg::Long("runbooks") => generate.runbooks = Some(text(parser)?),
            Arg::Long("matching") => {
                let given = text(parser)?;
                let pair =
                    given.split_once('=').filter(|(label, value)| !label.is_empty() && !value.is_empty());
                let (label, value) = pair.ok_or_else(|| {
                    Failure::new(format!(
                        "invalid --matching {given:?}: expected LABEL=VALUE, such as job=orders"
                    ))
                })?;
                generate.matching.push((label.to_owned(), value.to_owned()));
            }
            Arg::Short('h') | Arg::Long("help") => return Ok(Command::Help(USAGE)),
            Arg::Value(value) => values.push(positional(value)?),
            other => return Err(usage(other.unexpected())),
        }
    }
    let [source, folder] = values.try_into().map_err(|values: Vec<String>| {
        Failure::new(format!("{} values for generate; expected a source and a folder", values.len()))
    })?;
    if generate.name.is_empty() {
        return Err(Failure::new("no name; expected --name NAME, that of the service"));
    }
    Ok(Command::Generate(Generate { source, folder, ..generate }))
}

fn required(source: Option<String>) -> Result<String, Failure> {
    source.ok_or_else(|| {
        Failure::new("no source; expected a catalogue.json, a text of /metrics or its address")
    })
}
