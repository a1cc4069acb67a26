//! What a fleet of services sends to Prometheus, Loki and Jaeger, and which settings that needs.

mod constants;
mod estimate;
mod measured;
mod needs;
mod options;
mod report;
mod service;
mod table;

use std::env;
use std::error::Error;
use std::process::ExitCode;

use crate::options::Options;

fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    let measured = measured::measure()?;
    let Options { services, instances, lines, spans, scrape_seconds, .. } = options;
    println!(
        "{services} services, {instances} instances, {lines} lines and {spans} spans per second, a scrape every {scrape_seconds} s\n"
    );
    println!("{}\n{}", report::measured(&measured), report::follows(options, &measured));
    Ok(())
}

fn main() -> ExitCode {
    let outcome = match Options::parse(env::args().skip(1)) {
        Ok(Some(options)) => run(&options),
        Ok(None) => {
            println!("{}", options::USAGE);
            Ok(())
        }
        Err(wrong) => Err(format!("{wrong}\n\n{}", options::USAGE).into()),
    };
    let Err(error) = outcome else { return ExitCode::SUCCESS };
    eprintln!("scale: {error}");
    ExitCode::FAILURE
}
