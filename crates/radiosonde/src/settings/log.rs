//! The variables about log lines.

use std::num::NonZeroU32;

use radiosonde_core::LevelNames;
use radiosonde_log::{
    Format, InvalidFilter, JsonLayerBuildError, LogFilter, LogOptions, Profile, TimestampPrecision,
};
use radiosonde_queue::OverflowPolicy;

use super::log_file;
use crate::environment::variables::{Given, Variables};
use crate::error::{InitError, InvalidVariable};

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
    let profiles = Profile::ALL.map(|profile| (profile.name(), profile));
    let bytes = variables.parse::<NonZeroU32>(MAX_LINE_BYTES, "a number of bytes from 1 to 4294967295")?;
    bytes.iter().for_each(|bytes| variables.give(MAX_LINE_BYTES, &bytes.to_string()));
    let key = variables.text(METADATA_KEY)?;
    key.iter().for_each(|key| variables.give(METADATA_KEY, key));
    let fields = variables.pairs(FIELDS)?;
    fields.iter().for_each(|(key, _)| variables.give(FIELDS, key));

    let format = variables.one_of("RADIOSONDE_LOG_FORMAT", &FORMATS)?;
    let profile = variables.one_of("RADIOSONDE_LOG_PROFILE", &profiles)?;
    let names = variables.one_of("RADIOSONDE_LOG_LEVEL_NAMES", &NAMES)?;
    let precision = variables.one_of("RADIOSONDE_LOG_TIMESTAMP_PRECISION", &PRECISIONS)?;
    let file_options = log_file::options(variables)?;
    let options = file_options.into_iter().fold(LogOptions::new(), LogOptions::file_options);
    let options = log_file::path(variables)?.into_iter().fold(options, LogOptions::file);
    let options = format.into_iter().fold(options, LogOptions::format);
    let options = profile.into_iter().fold(options, LogOptions::profile);
    let options = names.into_iter().fold(options, LogOptions::level_names);
    let options = precision.into_iter().fold(options, LogOptions::precision);
    let options = key.into_iter().fold(options, LogOptions::metadata_key);
    let options = fields.into_iter().fold(options, |options, (key, value)| options.field(key, value));
    let options =
        bytes.into_iter().fold(options, |options, bytes| options.max_line_bytes(bytes.get() as usize));
    let options = queue_bytes(variables)?.into_iter().fold(options, LogOptions::queue_bytes);
    Ok(overflow(variables)?.into_iter().fold(options, LogOptions::overflow))
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

fn overflow(variables: &Variables<'_>) -> Result<Option<OverflowPolicy>, InvalidVariable> {
    const VARIABLE: &str = "RADIOSONDE_LOG_OVERFLOW";
    let Some(text) = variables.text(VARIABLE)? else { return Ok(None) };
    let expected = "drop_newest, drop_oldest, block:5ms, or a list with level= or audit=, such as drop_newest,error=block:5ms";
    text.parse().map(Some).map_err(|cause| InvalidVariable::new(VARIABLE, &text, expected).because(cause))
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
            (METADATA_KEY, Some(cause.key().to_owned()), "a key that lines do not have")
        }
        JsonLayerBuildError::StaticField { key, .. } => {
            (FIELDS, Some(key.to_string()), "keys that lines do not have")
        }
        JsonLayerBuildError::MaxLineBytes { bytes, .. } => {
            (MAX_LINE_BYTES, Some(bytes.to_string()), "a number of bytes that holds a line")
        }
        JsonLayerBuildError::Queue { .. } => (MAX_LINE_BYTES, None, "no more bytes than the queue holds"),
        _ => (METADATA_KEY, Some(String::new()), ""),
    };
    let is_from =
        |given: &&Given| given.variable == variable && text.as_ref().is_none_or(|text| given.text == *text);
    match (error, given.iter().find(is_from)) {
        (JsonLayerBuildError::File(error), _) => InitError::LogFile(error),
        (error, Some(given)) => given.refuse(expected, error).into(),
        (error, None) => InitError::Log(error),
    }
}
