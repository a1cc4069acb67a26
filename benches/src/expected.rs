use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::process::Command;

use toml::de::{DeTable, DeValue};

/// The committed figures, by the name of the operation.
#[derive(Debug, Clone, PartialEq)]
pub struct Expected {
    compiler: String,
    instructions: BTreeMap<String, f64>,
}

/// A figure compared with the expected one.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Compared {
    /// Within the tolerance: 3 % and 2 instructions.
    Same,
    /// Fewer instructions; the file should be updated.
    Better,
    /// More.
    Worse,
    /// The file does not have it.
    New,
}

const HEAD: &str = "# Instructions per operation, as Callgrind counts them. Written by\n\
    #     cargo run --release -p benches --bin instructions -- --write\n";

impl Expected {
    /// Creates figures to be written.
    #[must_use]
    pub fn new(compiler: String, instructions: BTreeMap<String, f64>) -> Self {
        Self { compiler, instructions }
    }

    /// Parses the file of figures.
    ///
    /// # Errors
    /// [`InvalidExpected`] if the text is not the output of [`to_text`](Self::to_text).
    pub fn parse(text: &str) -> Result<Self, InvalidExpected> {
        let refuse = |why: &str| InvalidExpected(why.to_owned());
        let table = DeTable::parse(text).map_err(|error| InvalidExpected(error.to_string()))?.into_inner();
        let value = |key: &str| table.get(key).map(|value| value.get_ref());
        let compiler = value("compiler").and_then(DeValue::as_str).ok_or(refuse("no compiler"))?;
        let figures = value("instructions").and_then(DeValue::as_table).ok_or(refuse("no instructions"))?;
        let figures = figures.iter().map(|(name, figure)| {
            let figure = figure.get_ref().as_float().and_then(|figure| figure.as_str().parse().ok());
            let name = name.get_ref();
            Ok((name.to_string(), figure.ok_or_else(|| refuse(&format!("{name} is not a number")))?))
        });
        Ok(Self { compiler: compiler.to_owned(), instructions: figures.collect::<Result<_, _>>()? })
    }

    /// The text of the file.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = format!("{HEAD}compiler = {:?}\n\n[instructions]\n", self.compiler);
        for (name, figure) in &self.instructions {
            // Writing to a String does not fail.
            let _ = writeln!(text, "{name} = {figure:.1}");
        }
        text
    }

    /// The compiler of the counted code: other versions generate other code.
    #[must_use]
    pub fn compiler(&self) -> &str {
        &self.compiler
    }

    /// The figure of an operation.
    #[must_use]
    pub fn of(&self, operation: &str) -> Option<f64> {
        self.instructions.get(operation).copied()
    }

    /// The operations that have a figure.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.instructions.keys().map(String::as_str)
    }

    /// Compares a figure with the expected one.
    #[must_use]
    pub fn compare(&self, operation: &str, instructions: f64) -> Compared {
        let Some(expected) = self.of(operation) else { return Compared::New };
        let tolerance = expected * 0.03 + 2.0;
        if instructions > expected + tolerance {
            Compared::Worse
        } else if instructions < expected - tolerance {
            Compared::Better
        } else {
            Compared::Same
        }
    }
}

/// The release and target of the compiler that cargo uses here.
#[must_use]
pub fn compiler() -> String {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = Command::new(rustc).arg("-vV").output().map(|output| output.stdout).unwrap_or_default();
    let version = String::from_utf8_lossy(&version);
    let after =
        |key: &str| version.lines().find_map(|line| line.strip_prefix(key)).unwrap_or("unknown").to_owned();
    format!("rustc {} {}", after("release: "), after("host: "))
}

/// A malformed file of figures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidExpected(String);

impl fmt::Display for InvalidExpected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "invalid file of expected instructions: {}", self.0)
    }
}

impl std::error::Error for InvalidExpected {}

#[cfg(test)]
mod tests {
    use super::*;

    fn expected() -> Expected {
        Expected::new("rustc 1".into(), [("a".into(), 5.0), ("b".into(), 1000.0)].into())
    }

    #[test]
    fn what_is_written_is_read() {
        assert_eq!(Expected::parse(&expected().to_text()), Ok(expected()));
        for text in ["", "compiler = \"x\"", "compiler = \"x\"\n[instructions]\na = \"b\"\n", "compiler"] {
            assert!(Expected::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_little_more_passes_and_more_does_not() {
        for (name, figure, compared) in [
            ("a", 7.1, Compared::Same),
            ("a", 7.2, Compared::Worse),
            ("a", 2.9, Compared::Same),
            ("a", 2.8, Compared::Better),
            ("b", 1031.9, Compared::Same),
            ("b", 1032.1, Compared::Worse),
            ("c", 1.0, Compared::New),
        ] {
            assert_eq!(expected().compare(name, figure), compared, "{name} {figure}");
        }
    }

    #[test]
    fn the_committed_file_has_every_operation_and_no_other() {
        let committed = Expected::parse(include_str!("../expected/instructions.toml"));
        let committed = committed.unwrap_or_else(|error| panic!("{error}"));
        let mut names: Vec<_> = crate::all().iter().map(|operation| operation.name).collect();
        names.sort_unstable();
        assert_eq!(committed.names().collect::<Vec<_>>(), names);
    }
}
