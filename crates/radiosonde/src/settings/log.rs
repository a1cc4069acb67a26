//! The variables about log lines.

use std::num::NonZeroUsize;

use radiosonde_core::LevelNames;
use radiosonde_log::{
    Format, InvalidFilter, JsonLayerBuildError, LogFilter, LogOptions, Profile, TimestampPrecision,
};

use super::log_file;
use crate::variables::{Given, Variables};
use crate::{InitError, InvalidVariable};

const FILTER: &str = "RUST_LOG";
const METADATA_KEY: &str = "RADIOSONDE_LOG_METADATA_KEY";
const FIELDS: &str = "RADIOSONDE_LOG_FIELDS";
const MAX_LINE_BYTES: &str = "RADIOSONDE_LOG_MAX_LINE_BYTES";
const FORMATS: [(&str, Format); 3] =
    [("auto", Format::Auto), ("json", Format::Json), ("pretty", Format::Pretty)];
const NAMES: [(&str, LevelNames); 2] =
    [("warn_fatal", LevelNames::WarnFatal), ("warning_critical", LevelNames::WarningCritical)];
const PRECISIONS: [(&str, TimestampPrecision); 3] = [
    ("millis", TimestampPrecision::Millis),
    ("micros", TimestampPrecision::Micros),
    ("nanos", TimestampPrecision::Nanos),
];

/// Below this a queue does not hold the longest line.
const LEAST_QUEUE_BYTES: usize = 250_000;

pub(super) fn options(variables: &Variables<'_>) -> Result<LogOptions, InvalidVariable> {
    let mut options = LogOptions::new().file_options(log_file::options(variables)?);
    if let Some(path) = log_file::path(variables)? {
        options = options.file(path);
    }
    if let Some(format) = variables.one_of("RADIOSONDE_LOG_FORMAT", &FORMATS)? {
        options = options.format(format);
    }
    let profiles = Profile::ALL.map(|profile| (profile.name(), profile));
    if let Some(profile) = variables.one_of("RADIOSONDE_LOG_PROFILE", &profiles)? {
        options = options.profile(profile);
    }
    if let Some(names) = variables.one_of("RADIOSONDE_LOG_LEVEL_NAMES", &NAMES)? {
        options = options.level_names(names);
    }
    if let Some(precision) = variables.one_of("RADIOSONDE_LOG_TIMESTAMP_PRECISION", &PRECISIONS)? {
        options = options.precision(precision);
    }
    if let Some(key) = variables.text(METADATA_KEY)? {
        variables.give(METADATA_KEY, &key);
        options = options.metadata_key(key);
    }
    for (key, value) in variables.pairs(FIELDS)? {
        variables.give(FIELDS, &key);
        options = options.field(key, value);
    }
    if let Some(bytes) = variables.parse::<NonZeroUsize>(MAX_LINE_BYTES, "a number of bytes from 1")? {
        variables.give(MAX_LINE_BYTES, &bytes.to_string());
        options = options.max_line_bytes(bytes.get());
    }
    if let Some(bytes) = queue_bytes(variables)? {
        options = options.queue_bytes(bytes);
    }
    overflow(options, variables)
}

fn queue_bytes(variables: &Variables<'_>) -> Result<Option<usize>, InvalidVariable> {
    const VARIABLE: &str = "RADIOSONDE_LOG_QUEUE_BYTES";
    let expected = "0, for no queue, or a number of bytes from 250000 to 4294967295";
    let bytes = variables.parse::<u32>(VARIABLE, expected)?.map(|bytes| bytes as usize);
    match bytes {
        Some(bytes) if (1..LEAST_QUEUE_BYTES).contains(&bytes) => {
            Err(InvalidVariable::new(VARIABLE, &bytes.to_string(), expected))
        }
        bytes => Ok(bytes),
    }
}

fn overflow(options: LogOptions, variables: &Variables<'_>) -> Result<LogOptions, InvalidVariable> {
    const VARIABLE: &str = "RADIOSONDE_LOG_OVERFLOW";
    let Some(text) = variables.text(VARIABLE)? else { return Ok(options) };
    let expected = "drop_newest, drop_oldest, block:5ms, or a list with level= or audit=, such as drop_newest,error=block:5ms";
    let policy =
        text.parse().map_err(|cause| InvalidVariable::new(VARIABLE, &text, expected).because(cause))?;
    Ok(options.overflow(policy))
}

/// The filter's variable, which is checked if nothing else sets the filter.
pub(super) fn filter_text(variables: &Variables<'_>) -> Result<Option<String>, InvalidVariable> {
    let text = variables.text(FILTER)?;
    if let Some(text) = &text {
        variables.give(FILTER, text);
    }
    Ok(text)
}

pub(super) fn filter(text: Option<&str>, given: &[Given]) -> Result<LogFilter, InitError> {
    let Some(directives) = text else { return Ok(LogFilter::default()) };
    directives.parse().map_err(|cause: InvalidFilter| {
        let expected =
            "level and target=level, comma-separated, with the levels off, error, warn, info, debug and trace";
        match given.iter().find(|given| given.variable == FILTER && given.text == directives) {
            Some(given) => given.refuse(expected, cause).into(),
            None => InitError::LogFilter(cause),
        }
    })
}

/// The error of `init`: about the variable that a refused setting is from, if it is from one.
pub(crate) fn refuse(error: JsonLayerBuildError, given: &[Given]) -> InitError {
    let (variable, text, expected) = match &error {
        JsonLayerBuildError::Key(cause) => {
            (METADATA_KEY, cause.key().to_owned(), "a key that lines do not have")
        }
        JsonLayerBuildError::StaticField { key, .. } => {
            (FIELDS, key.to_string(), "keys that lines do not have")
        }
        JsonLayerBuildError::MaxLineBytes { bytes, .. } => {
            (MAX_LINE_BYTES, bytes.to_string(), "a number of bytes that holds a line")
        }
        _ => (METADATA_KEY, String::new(), ""),
    };
    match (error, given.iter().find(|given| given.variable == variable && given.text == text)) {
        (JsonLayerBuildError::File(error), _) => InitError::LogFile(error),
        (error, Some(given)) => given.refuse(expected, error).into(),
        (error, None) => InitError::Log(error),
    }
}
