//! Variables of the specification that nothing here reads.

use crate::environment::variables::Variables;
use crate::error::InvalidVariable;

/// Whatever is exported.
const ALWAYS: [(&str, &str); 3] = [
    ("OTEL_CONFIG_FILE", "the file is not read, the variables are"),
    ("OTEL_EXPERIMENTAL_CONFIG_FILE", "the file is not read, the variables are"),
    ("OTEL_LOG_LEVEL", "failures of the telemetry are always reported; RUST_LOG is the filter of log lines"),
];

const RECORDS: &str = "the limits of a log line hold";

const LINES: [(&str, &str); 2] = [
    ("OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT", RECORDS),
    ("OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT", RECORDS),
];

/// Reports those that are set; those about lines only where these are exported.
pub(crate) fn check(variables: &Variables<'_>, lines: bool) {
    let tables = [(true, &ALWAYS[..]), (lines, &LINES)];
    for (name, instead) in tables.into_iter().filter(|(is_on, _)| *is_on).flat_map(|(_, table)| table) {
        report(variables, name, instead);
    }
}

/// Reports a variable if it is set.
pub(crate) fn report(variables: &Variables<'_>, name: &'static str, instead: &'static str) {
    if variables.is_set(name) {
        // The value does not matter, and may be a secret.
        variables.unsupported(InvalidVariable::secret(name, "no value, as it is not supported"), instead);
    }
}
