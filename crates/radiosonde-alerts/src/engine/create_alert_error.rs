use std::error::Error;
use std::fmt;

/// An alert that was not created.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum CreateAlertError {
    /// The name is empty.
    EmptyName,
    /// A rule of the engine has the name, and would resolve the alert.
    NameOfRule(String),
    /// A label or an annotation that Prometheus and Alertmanager refuse, or one that is set from the alert's name or severity.
    Label(String),
    /// There are as many active alerts as the engine holds.
    TooMany(usize),
}

impl fmt::Display for CreateAlertError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EmptyName => f.write_str("invalid alert: expected a name"),
            Self::NameOfRule(name) => {
                write!(f, "invalid alert {name:?}: a rule has this name: expected a name of its own")
            }
            Self::Label(label) => write!(
                f,
                "invalid label {label:?}: expected [a-zA-Z_][a-zA-Z0-9_]*, without __ in front, and not alertname or severity"
            ),
            Self::TooMany(most) => write!(f, "too many active alerts: expected at most {most}"),
        }
    }
}

impl Error for CreateAlertError {}
