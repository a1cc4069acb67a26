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
    /// It was generated before, and is no more.
    Stale,
    /// It has another text.
    Differs(Difference),
}

/// The first lines in which two texts differ.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Difference {
    /// The number of the first of them, from 1.
    pub line: usize,
    /// The lines of the file, three at most.
    pub found: Vec<String>,
    /// The lines that are expected, three at most.
    pub expected: Vec<String>,
}

/// The number of lines that are shown.
const SHOWN: usize = 3;

impl Difference {
    pub(crate) fn of(found: &str, expected: &str) -> Self {
        let (mut lines, mut others) = (found.lines().peekable(), expected.lines().peekable());
        let mut line = 1;
        while lines.peek().is_some() && lines.peek() == others.peek() {
            lines.next();
            others.next();
            line += 1;
        }
        let shown = |lines: &mut dyn Iterator<Item = &str>| lines.take(SHOWN).map(str::to_owned).collect();
        Self { line, found: shown(&mut lines), expected: shown(&mut others) }
    }
}

impl fmt::Display for Drift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)?;
        match &self.kind {
            DriftKind::Missing => f.write_str(" is missing"),
            DriftKind::Stale => f.write_str(" is not generated any more"),
            DriftKind::Differs(Difference { line, found, expected }) => {
                write!(f, " differs in line {line}")?;
                for (name, lines) in [("found:   ", found), ("expected:", expected)] {
                    let first = lines.first().map_or("the end of the file", String::as_str);
                    write!(f, "\n  {name} {first}")?;
                    for line in lines.iter().skip(1) {
                        write!(f, "\n            {line}")?;
                    }
                }
                Ok(())
            }
        }
    }
}
