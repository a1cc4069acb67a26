//! Three services that one trace runs through: over HTTP, and over a channel.

mod alerts;
mod all;
mod cache;
mod call;
mod child;
mod database;
mod gateway;
mod objectives;
mod options;
mod order;
mod orders;
mod payments;
mod provider;
mod service;
mod stop;
mod traffic;

use std::env;
use std::error::Error;
use std::process::ExitCode;

use crate::options::{Command, Role};

async fn run(command: Command) -> Result<(), Box<dyn Error>> {
    match command {
        Command::All(options) => all::run(options).await,
        Command::One(Role::Gateway, options) => gateway::run(options).await,
        Command::One(Role::Orders, options) => orders::run(options).await,
        Command::One(Role::Payments, options) => payments::run(options).await,
        Command::Usage => {
            println!("{}", options::USAGE);
            Ok(())
        }
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let outcome = match options::parse(env::args().skip(1)) {
        Ok(command) => run(command).await,
        Err(wrong) => Err(format!("{wrong}\n\n{}", options::USAGE).into()),
    };
    let Err(error) = outcome else { return ExitCode::SUCCESS };
    eprintln!("shop: {error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        eprintln!("  because: {error}");
        cause = error.source();
    }
    ExitCode::FAILURE
}
