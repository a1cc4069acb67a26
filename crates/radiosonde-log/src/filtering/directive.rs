use std::fmt;
use std::str::FromStr;

use radiosonde_core::Level;
use tracing_core::LevelFilter;

/// One element of a log filter: the most verbose level for a target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Directive {
    /// A prefix of targets; empty for all.
    pub(crate) target: Box<str>,
    pub(crate) level: LevelFilter,
}

/// Level names and switches of other systems: syslog, Java, .NET, Python, Go, Node, Serilog, Android, YAML. Words that are
/// also names of crates or targets in use, such as `config`, `http` and `panic`, are left out.
const FOREIGN: [&str; 48] = [
    "alert", "all", "crit", "d", "dbg", "default", "disable", "disabled", "dpanic", "e", "emerg",
    "emergency", "enable", "enabled", "err", "f", "false", "fine", "finer", "finest", "ftl", "i", "inf",
    "information", "informational", "max", "min", "no", "none", "notice", "notset", "null", "on", "quiet",
    "severe", "silent", "silly", "trc", "true", "undefined", "unset", "unspecified", "v", "verbose", "vrb",
    "w", "wrn", "yes",
];

/// Parses a level in any case: a name used in lines, `off`, or a digit as in `tracing`.
pub(crate) fn level(name: &str) -> Option<LevelFilter> {
    match name {
        "0" => Some(LevelFilter::OFF),
        "1" => Some(LevelFilter::ERROR),
        "2" => Some(LevelFilter::WARN),
        "3" => Some(LevelFilter::INFO),
        "4" => Some(LevelFilter::DEBUG),
        "5" => Some(LevelFilter::TRACE),
        off if off.eq_ignore_ascii_case("off") => Some(LevelFilter::OFF),
        name => name.parse().ok().map(up_to),
    }
}

/// The filter for a level and more severe ones. `tracing` has no level above ERROR.
const fn up_to(level: Level) -> LevelFilter {
    match level {
        Level::Trace => LevelFilter::TRACE,
        Level::Debug => LevelFilter::DEBUG,
        Level::Info => LevelFilter::INFO,
        Level::Warn => LevelFilter::WARN,
        Level::Error | Level::Fatal => LevelFilter::ERROR,
    }
}

impl FromStr for Directive {
    type Err = InvalidFilter;

    fn from_str(directive: &str) -> Result<Self, InvalidFilter> {
        parse(directive).map_err(|kind| InvalidFilter { directive: directive.into(), kind })
    }
}

fn parse(directive: &str) -> Result<Directive, InvalidFilterKind> {
    if directive.contains(['[', ']', '{', '}', '/']) {
        return Err(InvalidFilterKind::Unsupported);
    }
    if let Some(level) = level(directive) {
        return Ok(Directive { target: "".into(), level });
    }
    let Some((target, name)) = directive.split_once('=') else {
        return match () {
            () if is_level_elsewhere(directive) => Err(InvalidFilterKind::Level),
            () if !is_target(directive) => Err(InvalidFilterKind::Target),
            () => Ok(Directive { target: directive.into(), level: LevelFilter::TRACE }),
        };
    };
    let target = target.trim();
    // With an explicit level, a word such as `quiet` or `alert` is a custom target.
    if !is_target(target) || level(target).is_some() || target.eq_ignore_ascii_case("all") {
        return Err(InvalidFilterKind::Target);
    }
    let level = level(name.trim()).ok_or(InvalidFilterKind::Level)?;
    Ok(Directive { target: target.into(), level })
}

/// Whether the word is another system's level name, or a number: as a target it would match nothing.
fn is_level_elsewhere(word: &str) -> bool {
    FOREIGN.iter().any(|foreign| foreign.eq_ignore_ascii_case(word))
        || !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether the text can begin a target: a module path, or a custom name with dots and dashes.
fn is_target(text: &str) -> bool {
    let is_part = |char: char| char.is_alphanumeric() || matches!(char, '_' | '-' | '.');
    text.starts_with(|first: char| first.is_alphanumeric() || first == '_')
        && text.replace("::", "").chars().all(is_part)
}

/// A malformed directive of a log filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidFilter {
    directive: Box<str>,
    kind: InvalidFilterKind,
}

/// Why a directive is malformed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidFilterKind {
    /// The level is invalid.
    Level,
    /// The target is empty, is the name of a level, or has an invalid character.
    Target,
    /// It filters by span, field or text, which this filter does not support.
    Unsupported,
}

impl InvalidFilter {
    /// The directive as given.
    #[must_use]
    pub fn directive(&self) -> &str {
        &self.directive
    }

    /// Why it was rejected.
    #[must_use]
    pub const fn kind(&self) -> InvalidFilterKind {
        self.kind
    }
}

impl fmt::Display for InvalidFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let expected = match self.kind {
            InvalidFilterKind::Level => "a level: off, error, warn, info, debug or trace",
            InvalidFilterKind::Target => {
                "level, target=level or target, where a target is a path such as orders::api"
            }
            InvalidFilterKind::Unsupported => {
                "level, target=level or target; filtering by spans, fields and texts is not supported"
            }
        };
        write!(f, "invalid log filter directive {:?}: expected {expected}", self.directive)
    }
}

impl std::error::Error for InvalidFilter {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_names_are_lower_case_and_not_ours() {
        for word in FOREIGN {
            assert_eq!(word, word.to_ascii_lowercase());
            assert_eq!(level(word), None, "{word}");
        }
    }
}
