//! The log file's settings from the environment.

use std::num::{NonZeroU32, NonZeroU64, NonZeroUsize};
use std::path::PathBuf;
use std::time::Duration;

use radiosonde_appender::{FileOptions, Rotation};

use crate::environment::variables::Variables;
use crate::error::InvalidVariable;

const ROTATIONS: [(&str, Rotation); 4] = [
    ("never", Rotation::Never),
    ("minutely", Rotation::Minutely),
    ("hourly", Rotation::Hourly),
    ("daily", Rotation::Daily),
];

const ROTATE: &str = "RADIOSONDE_LOG_FILE_ROTATE";
const ROTATE_AT_BYTES: &str = "RADIOSONDE_LOG_FILE_ROTATE_AT_BYTES";
const KEEP_TOTAL_BYTES: &str = "RADIOSONDE_LOG_FILE_KEEP_TOTAL_BYTES";
const KEEP_FILES: &str = "RADIOSONDE_LOG_FILE_KEEP_FILES";
const KEEP_DAYS: &str = "RADIOSONDE_LOG_FILE_KEEP_DAYS";
const GZIP: &str = "RADIOSONDE_LOG_FILE_GZIP";
const REOPEN_ON_SIGHUP: &str = "RADIOSONDE_LOG_FILE_REOPEN_ON_SIGHUP";
const MODE: &str = "RADIOSONDE_LOG_FILE_MODE";
const VARIABLES: [&str; 8] =
    [ROTATE, ROTATE_AT_BYTES, KEEP_TOTAL_BYTES, KEEP_FILES, KEEP_DAYS, GZIP, REOPEN_ON_SIGHUP, MODE];

const BYTES: &str = "a number of bytes from 1";
const SECONDS_A_DAY: u64 = 86_400;

/// Words that mean "no file" elsewhere. As a path, each would be a file of that name in the working directory.
const NO_PATHS: [&str; 9] = ["-", "stdout", "stderr", "console", "none", "off", "null", "true", "false"];

/// The file that lines are written to.
pub(super) fn path(variables: &Variables<'_>) -> Result<Option<PathBuf>, InvalidVariable> {
    const VARIABLE: &str = "RADIOSONDE_LOG_FILE";
    let Some(text) = variables.text(VARIABLE)? else { return Ok(None) };
    if NO_PATHS.iter().any(|word| word.eq_ignore_ascii_case(&text)) {
        return Err(InvalidVariable::new(VARIABLE, &text, "the path of a file; unset for standard output"));
    }
    Ok(Some(text.into()))
}

/// How the file is written and kept, if one of the variables is set. They are one setting: a configuration file's options are used
/// only without them.
pub(super) fn options(variables: &Variables<'_>) -> Result<Option<FileOptions>, InvalidVariable> {
    if !VARIABLES.iter().any(|name| variables.is_set(name)) {
        return Ok(None);
    }
    let rotation = variables.one_of(ROTATE, &ROTATIONS)?.unwrap_or_default();
    let bytes = |name| Ok(variables.parse::<NonZeroU64>(name, BYTES)?.map(NonZeroU64::get));
    let rotate_at = bytes(ROTATE_AT_BYTES)?;
    let total = bytes(KEEP_TOTAL_BYTES)?;
    let files: Option<NonZeroUsize> = variables.parse(KEEP_FILES, "a number of files from 1")?;
    let days: Option<NonZeroU32> = variables.parse(KEEP_DAYS, "a number of days from 1")?;
    let keep_for = days.map(|days| Duration::from_secs(u64::from(days.get()) * SECONDS_A_DAY));

    let options = FileOptions::new().rotate(rotation).gzip(variables.flag(GZIP)?);
    let options = rotate_at.into_iter().fold(options, FileOptions::rotate_at_bytes);
    let options = total.into_iter().fold(options, FileOptions::keep_total_bytes);
    let options = files.into_iter().fold(options, |options, files| options.keep_files(files.get()));
    let options = keep_for.into_iter().fold(options, FileOptions::keep_for);
    let options = mode(variables)?.into_iter().fold(options, FileOptions::mode);
    let reopens = variables.flag(REOPEN_ON_SIGHUP)?;
    Ok(Some(if reopens { options.reopen_on_sighup() } else { options }))
}

/// Octal, as `chmod` takes it.
fn mode(variables: &Variables<'_>) -> Result<Option<u32>, InvalidVariable> {
    let Some(text) = variables.text(MODE)? else { return Ok(None) };
    let digits = text.bytes().all(|digit| digit.is_ascii_digit()).then_some(text.as_str());
    let mode = digits.and_then(|text| u32::from_str_radix(text, 8).ok());
    match mode.filter(|mode| mode & 0o200 != 0 && *mode <= 0o777) {
        Some(mode) => Ok(Some(mode)),
        None => Err(InvalidVariable::new(
            MODE,
            &text,
            "an octal number from 200 to 777 that lets the owner write",
        )),
    }
}
