//! Counts the instructions of each operation and compares them with the committed figures.

use std::collections::BTreeMap;
use std::error::Error;
use std::process::ExitCode;

use benches::{Compared, Expected, Operation, all, code_lines, compiler, find, instructions};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/expected/instructions.toml");

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        // The command that runs under Callgrind.
        ["measure", name] => {
            find(name).ok_or_else(|| format!("there is no operation {name:?}"))?.run();
            Ok(ExitCode::SUCCESS)
        }
        ["--write"] => write(),
        ["--code", word] => code(word),
        [] => compare(),
        _ => Err("instructions [--write | --code WORD]".into()),
    }
}

fn write() -> Result<ExitCode, Box<dyn Error>> {
    let mut figures = BTreeMap::new();
    for operation in all() {
        figures.insert(operation.name.to_owned(), count(operation)?);
    }
    let text = Expected::new(compiler(), figures).to_text();
    print!("{text}");
    std::fs::write(FILE, text)?;
    Ok(ExitCode::SUCCESS)
}

/// Prints the instructions and the cache lines of code of the operations with this word in their name.
fn code(word: &str) -> Result<ExitCode, Box<dyn Error>> {
    println!("{:<36}{:>14}{:>14}", "per operation", "instructions", "lines of code");
    for operation in all().iter().filter(|operation| operation.name.contains(word)) {
        println!("{:<36}{:>14.1}{:>14}", operation.name, count(operation)?, code_lines(operation)?);
    }
    Ok(ExitCode::SUCCESS)
}

fn compare() -> Result<ExitCode, Box<dyn Error>> {
    let expected = Expected::parse(&std::fs::read_to_string(FILE)?)?;
    let mut worse = 0;
    println!("{:<36}{:>10}{:>10}", "instructions per operation", "expected", "now");
    for operation in all() {
        let now = count(operation)?;
        let before = expected.of(operation.name).map_or("-".to_owned(), |before| format!("{before:.1}"));
        let compared = expected.compare(operation.name, now);
        worse += usize::from(compared == Compared::Worse);
        let remark = match compared {
            Compared::Worse => "above the limit",
            Compared::Better => "less: write it down",
            Compared::New => "not in the file: write it down",
            _ => "",
        };
        println!("{:<36}{before:>10}{now:>10.1}  {remark}", operation.name);
    }
    if worse == 0 {
        return Ok(ExitCode::SUCCESS);
    }
    let here = compiler();
    if expected.compiler() != here {
        println!("\nNot compared: the figures are those of {}, this is {here}.", expected.compiler());
        return Ok(ExitCode::SUCCESS);
    }
    println!(
        "\n{worse} above the limit. If that is intended: cargo run --release -p benches --bin instructions -- --write"
    );
    Ok(ExitCode::FAILURE)
}

fn count(operation: &Operation) -> Result<f64, Box<dyn Error>> {
    instructions(operation).map_err(|error| format!("{}: {error}", operation.name).into())
}
