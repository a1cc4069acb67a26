//! A service in a process of its own.

use std::env;
use std::error::Error;
use std::net::SocketAddr;
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{ChildStderr, Command};
use tokio::task::JoinHandle;

use crate::options::Role;

#[derive(Debug)]
pub(crate) struct Child {
    role: Role,
    process: tokio::process::Child,
    address: SocketAddr,
    said: JoinHandle<()>,
}

impl Child {
    /// Starts the service and waits until it serves. Its log lines go where ours would.
    pub(crate) async fn start(
        role: Role,
        base_port: u16,
        next: Option<&Self>,
    ) -> Result<Self, Box<dyn Error>> {
        let mut command = Command::new(env::current_exe()?);
        command.arg(role.name()).args(["--listen", &role.address(base_port).to_string()]);
        if let Some(next) = next {
            command.args([format!("--{}", next.role.name()), next.address.to_string()]);
        }
        // It ends when its standard input closes: by us, or because we are gone, whatever ended us.
        command.arg("--until-stdin-closes").stdin(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut process = command.spawn()?;
        let stderr = process.stderr.take().ok_or("a piped stream is there")?;
        let mut lines = BufReader::new(stderr).lines();
        let Some(address) = address_of(role, &mut lines).await? else {
            return Err(format!("{} did not start: {}", role.name(), process.wait().await?).into());
        };
        let said = tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                eprintln!("{line}");
            }
        });
        Ok(Self { role, process, address, said })
    }

    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Lets it finish what it has begun, deliver its telemetry, and say what became of that.
    pub(crate) async fn end(mut self) -> Result<(), Box<dyn Error>> {
        drop(self.process.stdin.take());
        let status = self.process.wait().await?;
        self.said.await?;
        if status.success() {
            Ok(())
        } else {
            Err(format!("{} ended with {status}", self.role.name()).into())
        }
    }
}

/// The address it listens on, from the line that reports it; `None` if it ends without that line.
async fn address_of(
    role: Role,
    lines: &mut Lines<BufReader<ChildStderr>>,
) -> Result<Option<SocketAddr>, Box<dyn Error>> {
    while let Some(line) = lines.next_line().await? {
        eprintln!("{line}");
        let said = line.strip_prefix(role.name()).and_then(|rest| rest.strip_prefix(": http://"));
        if let Some((address, _)) = said.and_then(|rest| rest.split_once(',')) {
            return Ok(Some(address.parse()?));
        }
    }
    Ok(None)
}
