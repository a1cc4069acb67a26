use std::error::Error;
use std::fmt;

/// A dashboard or a variable that does not exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoSuchDashboard {
    what: &'static str,
    name: String,
    known: Vec<String>,
}

impl NoSuchDashboard {
    pub(crate) fn new(what: &'static str, name: &str, known: Vec<String>) -> Self {
        Self { what, name: name.to_owned(), known }
    }
}

impl fmt::Display for NoSuchDashboard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, name, known } = self;
        let known =
            if known.is_empty() { "none, since nothing is declared".to_owned() } else { known.join(", ") };
        write!(f, "unknown {what} {name:?}: expected {known}")
    }
}

impl Error for NoSuchDashboard {}
