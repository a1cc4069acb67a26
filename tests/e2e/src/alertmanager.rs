use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use tempfile::TempDir;

use crate::http::{Http, QueryError};
use crate::ports::free_port;
use crate::process::{Launch, Process, start};
use crate::program::Program;
use crate::stack_files::copy_into;

/// A running Alertmanager with `examples/stack/alertmanager.yml`.
#[derive(Debug)]
pub struct Alertmanager {
    // First: ends before the folder it writes to goes away.
    process: Process,
    http: Http,
    _folder: TempDir,
}

impl Alertmanager {
    /// Starts it, which takes less than a second.
    ///
    /// `None`, reported on stderr, when the program is missing and not required: see [`Program::path`].
    ///
    /// # Panics
    /// When it does not become ready, with the end of its output.
    #[must_use]
    #[track_caller]
    pub fn start() -> Option<Self> {
        let (process, (http, folder)) = start(Program::Alertmanager, prepare)?;
        Some(Self { process, http, _folder: folder })
    }

    /// Where it listens, such as `http://127.0.0.1:43210`.
    #[must_use]
    pub fn url(&self) -> &str {
        self.http.base()
    }

    /// The program: to stop, restart, pause it, and to read its output.
    #[must_use]
    pub fn process(&self) -> &Process {
        &self.process
    }

    /// `host:port`, as Prometheus wants it.
    pub(crate) fn address(&self) -> &str {
        self.url().trim_start_matches("http://")
    }

    /// Raises an alert with these labels.
    ///
    /// # Errors
    /// When Alertmanager does not answer, or refuses the alert.
    pub fn raise(&self, labels: &[(&str, &str)]) -> Result<(), QueryError> {
        let labels = labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        self.http.post_json("/api/v2/alerts", &[Alert { labels }]).map(drop)
    }

    /// The labels of every alert that is being raised, silenced and inhibited ones among them.
    ///
    /// # Errors
    /// When Alertmanager does not answer.
    pub fn alerts(&self) -> Result<Vec<BTreeMap<String, String>>, QueryError> {
        let alerts: Vec<Alert> = self.http.get_json("/api/v2/alerts", &[])?;
        Ok(alerts.into_iter().map(|alert| alert.labels).collect())
    }
}

fn prepare(path: PathBuf) -> io::Result<(Launch, (Http, TempDir))> {
    let folder = TempDir::with_prefix("radiosonde-alertmanager-")?;
    copy_into("alertmanager.yml", folder.path())?;
    let address = format!("127.0.0.1:{}", free_port());
    let http = Http::new(format!("http://{address}"));
    let launch = Launch {
        program: Program::Alertmanager,
        path,
        arguments: vec![
            "--config.file=alertmanager.yml".into(),
            "--storage.path=data".into(),
            "--cluster.listen-address=".into(),
            format!("--web.listen-address={address}"),
        ],
        variables: Vec::new(),
        folder: folder.path().to_owned(),
        ready: format!("http://{address}/-/ready"),
    };
    Ok((launch, (http, folder)))
}

#[derive(Debug, Serialize, Deserialize)]
struct Alert {
    labels: BTreeMap<String, String>,
}
