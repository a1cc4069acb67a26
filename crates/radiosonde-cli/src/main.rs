#![doc = include_str!("../README.md")]

mod arguments;
mod commands;
mod failure;
mod source;

use std::io::{self, Write as _};
use std::process::ExitCode;

use crate::arguments::Command;
use crate::commands::Outcome;
use crate::failure::Failure;

fn run() -> Result<Outcome, Failure> {
    match Command::parse(std::env::args_os().skip(1))? {
        Command::Help(text) => Ok(Outcome::text(text)),
        Command::Version => Ok(Outcome::text(concat!("radiosonde ", env!("CARGO_PKG_VERSION"), "\n"))),
        Command::Check(check) => commands::check(&check),
        Command::Lint(source) => commands::lint(&source),
        Command::Catalogue { source, format } => commands::catalogue(&source, format),
        Command::Generate(generate) => commands::generate(&generate),
    }
}

fn main() -> ExitCode {
    match run() {
        Ok(outcome) => {
            let mut out = io::stdout().lock();
            match out.write_all(outcome.text.as_bytes()).and_then(|()| out.flush()) {
                // A reader that has gone, such as `head`, has seen enough.
                Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                    let _ =
                        writeln!(io::stderr().lock(), "radiosonde: the output cannot be written: {error}");
                    ExitCode::from(2)
                }
                _ if outcome.has_findings => ExitCode::from(1),
                _ => ExitCode::SUCCESS,
            }
        }
        Err(failure) => {
            let _ = writeln!(io::stderr().lock(), "radiosonde: {failure}");
            ExitCode::from(2)
        }
    }
}
