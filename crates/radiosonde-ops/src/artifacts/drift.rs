use std::fmt;

/// A file that differs from what the program declares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drift {
    /// The path below the folder.
    pub path: String,
    /// The difference.
    pub kind: DriftKind,
}

/// How a file differs.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum DriftKind {
    /// There is no such file.
    Missing,
    /// The first line that differs: its number, what the file has, and what is expected.
    Differs((usize, String, String)),
}

impl Drift {
    pub(crate) fn first_difference(found: &str, expected: &str) -> (usize, String, String) {
        let (mut found, mut expected) = (found.lines(), expected.lines());
        let mut line = 1;
        loop {
            match (found.next(), expected.next()) {
                (Some(found), Some(expected)) if found == expected => line += 1,
                (found, expected) => {
                    return (
                        line,
                        found.unwrap_or_default().to_owned(),
                        expected.unwrap_or_default().to_owned(),
                    );
                }
            }
        }
    }
}

impl fmt::Display for Drift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            DriftKind::Missing => write!(f, "{}: missing", self.path),
            DriftKind::Differs((line, found, expected)) => {
                write!(f, "{}:{line}: found `{found}`, expected `{expected}`", self.path)
            }
        }
    }
}
