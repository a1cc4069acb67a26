use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;

use serde::Deserialize;
use tempfile::TempDir;

use crate::http::{Http, QueryError};
use crate::ports::free_port;
use crate::process::{Launch, Process, start};
use crate::program::Program;
use crate::ready::Ready;

/// A running Pushgateway without any group.
#[derive(Debug)]
pub struct Pushgateway {
    // First: ends before its folder goes away.
    process: Process,
    http: Http,
    _folder: TempDir,
}

impl Pushgateway {
    /// Starts it, which takes less than a second.
    ///
    /// `None`, reported on stderr, when the program is missing and not required: see [`Program::path`].
    ///
    /// # Panics
    /// When it does not become ready, with the end of its output.
    #[must_use]
    #[track_caller]
    pub fn start() -> Option<Self> {
        let (process, (http, folder)) = start(Program::Pushgateway, prepare)?;
        Some(Self { process, http, _folder: folder })
    }

    /// Where it listens, such as `http://127.0.0.1:43210`.
    #[must_use]
    pub fn url(&self) -> &str {
        self.http.base()
    }

    /// `host:port`, to be scraped.
    #[must_use]
    pub fn address(&self) -> &str {
        self.url().trim_start_matches("http://")
    }

    /// The program: to stop, restart, pause it, and to read its output.
    #[must_use]
    pub fn process(&self) -> &Process {
        &self.process
    }

    /// Every group that it has.
    ///
    /// # Errors
    /// When the gateway does not answer.
    pub fn groups(&self) -> Result<Vec<PushGroup>, QueryError> {
        let answer: Answer = self.http.get_json("/api/v1/metrics", &[])?;
        Ok(answer.data)
    }
}

#[derive(Debug, Deserialize)]
struct Answer {
    data: Vec<PushGroup>,
}

/// The metrics that one job pushed.
#[derive(Debug, Clone, Deserialize)]
#[non_exhaustive]
pub struct PushGroup {
    /// `job`, and the other labels of the group.
    pub labels: BTreeMap<String, String>,
    /// Whether its last push succeeded.
    pub last_push_successful: bool,
}

fn prepare(path: PathBuf) -> io::Result<(Launch, (Http, TempDir))> {
    let folder = TempDir::with_prefix("radiosonde-pushgateway-")?;
    let address = format!("127.0.0.1:{}", free_port());
    let http = Http::new(format!("http://{address}"));
    let launch = Launch {
        program: Program::Pushgateway,
        path,
        arguments: vec![format!("--web.listen-address={address}")],
        variables: Vec::new(),
        folder: folder.path().to_owned(),
        ready: Ready::Http(format!("http://{address}/-/ready")),
    };
    Ok((launch, (http, folder)))
}
