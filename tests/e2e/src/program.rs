use std::env;
use std::ffi::OsString;
use std::fmt;
use std::io::{self, Write};
use std::path::PathBuf;
use std::thread;

/// Set to `required` by `tests/run`: a missing program then fails the tests instead of skipping them.
const POLICY: &str = "RADIOSONDE_TEST_BACKENDS";

/// A program the tests use but do not build. `tests/run` finds or builds each and sets its variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Program {
    /// `RADIOSONDE_TEST_PROMETHEUS`
    Prometheus,
    /// `RADIOSONDE_TEST_PROMTOOL`
    Promtool,
    /// `RADIOSONDE_TEST_ALERTMANAGER`
    Alertmanager,
    /// `RADIOSONDE_TEST_AMTOOL`
    Amtool,
    /// `RADIOSONDE_TEST_LOKI`
    Loki,
    /// `RADIOSONDE_TEST_LOGCLI`
    Logcli,
    /// `RADIOSONDE_TEST_JAEGER`
    Jaeger,
    /// `RADIOSONDE_TEST_PUSHGATEWAY`
    Pushgateway,
    /// `RADIOSONDE_TEST_POSTGRES`
    Postgres,
    /// `RADIOSONDE_TEST_INITDB`
    Initdb,
}

impl Program {
    /// The environment variable that holds the program's path.
    #[must_use]
    pub const fn variable(self) -> &'static str {
        match self {
            Self::Prometheus => "RADIOSONDE_TEST_PROMETHEUS",
            Self::Promtool => "RADIOSONDE_TEST_PROMTOOL",
            Self::Alertmanager => "RADIOSONDE_TEST_ALERTMANAGER",
            Self::Amtool => "RADIOSONDE_TEST_AMTOOL",
            Self::Loki => "RADIOSONDE_TEST_LOKI",
            Self::Logcli => "RADIOSONDE_TEST_LOGCLI",
            Self::Jaeger => "RADIOSONDE_TEST_JAEGER",
            Self::Pushgateway => "RADIOSONDE_TEST_PUSHGATEWAY",
            Self::Postgres => "RADIOSONDE_TEST_POSTGRES",
            Self::Initdb => "RADIOSONDE_TEST_INITDB",
        }
    }

    /// The path of the program, or `None` after reporting on stderr that the test is skipped.
    ///
    /// # Panics
    /// If `RADIOSONDE_TEST_BACKENDS` is `required` and the variable is missing, if the variable names no file, or if
    /// `RADIOSONDE_TEST_BACKENDS` has any other value than `required`.
    #[must_use]
    #[track_caller]
    #[expect(clippy::panic, reason = "a backend that was promised and is not there fails the test")]
    pub fn path(self) -> Option<PathBuf> {
        match self.look(env::var_os(self.variable()), env::var_os(POLICY)) {
            Ok(Some(path)) => Some(path),
            Ok(None) => {
                self.say_skipped();
                None
            }
            Err(missing) => panic!("{missing}"),
        }
    }

    fn look(self, variable: Option<OsString>, policy: Option<OsString>) -> Result<Option<PathBuf>, Missing> {
        let required = match policy {
            None => false,
            Some(value) if value == "required" => true,
            Some(value) => return Err(Missing::Policy(value)),
        };
        match variable.map(PathBuf::from) {
            Some(path) if path.is_file() => Ok(Some(path)),
            Some(path) => Err(Missing::NoFile(self, path)),
            None if required => Err(Missing::Required(self)),
            None => Ok(None),
        }
    }

    /// Straight to stderr: the output of `eprintln!` in a passing test is not shown.
    fn say_skipped(self) {
        let thread = thread::current();
        let test = thread.name().unwrap_or("a test");
        let line = format!("skipped: {test}: {} is not set; tests/run sets it\n", self.variable());
        // A closed stderr is ignored.
        let _ = io::stderr().write_all(line.as_bytes());
    }
}

impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Prometheus => "prometheus",
            Self::Promtool => "promtool",
            Self::Alertmanager => "alertmanager",
            Self::Amtool => "amtool",
            Self::Loki => "loki",
            Self::Logcli => "logcli",
            Self::Jaeger => "jaeger",
            Self::Pushgateway => "pushgateway",
            Self::Postgres => "postgres",
            Self::Initdb => "initdb",
        })
    }
}

/// Why a required program is missing.
#[derive(Debug, PartialEq, Eq)]
enum Missing {
    Policy(OsString),
    NoFile(Program, PathBuf),
    Required(Program),
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Policy(value) => write!(f, "{POLICY} is {value:?}; it is `required` or not set"),
            Self::NoFile(program, path) => write!(f, "{} is {path:?}, which is no file", program.variable()),
            Self::Required(program) => write!(f, "{POLICY}=required, but {} is not set", program.variable()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn required() -> Option<OsString> {
        Some("required".into())
    }

    #[test]
    fn a_program_without_a_variable_is_skipped_unless_required() {
        assert_eq!(Program::Loki.look(None, None), Ok(None));
        assert_eq!(Program::Loki.look(None, required()), Err(Missing::Required(Program::Loki)));
    }

    #[test]
    fn a_variable_that_names_no_file_is_an_error_in_any_case() {
        let nowhere = || Some(OsString::from("/no/such/loki"));
        for policy in [None, required()] {
            let error = Program::Loki.look(nowhere(), policy).unwrap_err();
            assert_eq!(error.to_string(), "RADIOSONDE_TEST_LOKI is \"/no/such/loki\", which is no file");
        }
    }

    #[test]
    fn a_policy_that_is_not_understood_is_an_error() {
        let error = Program::Loki.look(None, Some("yes".into())).unwrap_err();
        assert_eq!(error.to_string(), "RADIOSONDE_TEST_BACKENDS is \"yes\"; it is `required` or not set");
    }
}
