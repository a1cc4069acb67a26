use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Deserializer, de};
use tempfile::TempDir;

use crate::http::{Http, QueryError};
use crate::ports::free_port;
use crate::process::{Launch, Process, start};
use crate::program::Program;
use crate::ready::Ready;
use crate::sample::{Answer, Sample};
use crate::stack_files::copy_into;
use crate::wait::now_unix_seconds;

/// The most lines that [`Loki::query`] returns.
const LIMIT: u32 = 1000;

/// A running Loki with `examples/stack/loki.yml`, empty.
///
/// # Examples
/// ```no_run
/// use std::time::Duration;
/// use e2e::{Loki, wait_for};
///
/// let Some(loki) = Loki::start() else { return };
/// // … the service pushes to loki.url() …
/// let lines = wait_for("three lines", Duration::from_secs(10), || {
///     let lines = loki.query(r#"{service_name="orders"} | trace_id="0af7651916cd43dd8448eb211c80319c""#)?;
///     if lines.len() == 3 { Ok(lines) } else { Err(format!("{} lines", lines.len()).into()) }
/// });
/// ```
#[derive(Debug)]
pub struct Loki {
    // Declared first: it must end before its folder is removed.
    process: Process,
    http: Http,
    _folder: TempDir,
}

impl Loki {
    /// Starts it, which takes about a second.
    ///
    /// `None`, reported on stderr, when the program is missing and not required: see [`Program::path`].
    ///
    /// # Panics
    /// When it does not become ready, with the end of its output.
    #[must_use]
    #[track_caller]
    pub fn start() -> Option<Self> {
        Self::start_with(&[])
    }

    /// Starts it like [`start`](Self::start), with flags such as `-validation.allow-structured-metadata=false` before its file.
    ///
    /// # Panics
    /// As [`start`](Self::start).
    #[must_use]
    #[track_caller]
    pub fn start_with(flags: &[&str]) -> Option<Self> {
        let (process, (http, folder)) = start(Program::Loki, |path| prepare(path, flags))?;
        Some(Self { process, http, _folder: folder })
    }

    /// The value of `RADIOSONDE_LOKI_URL`, such as `http://127.0.0.1:43210`; pushes go to `/loki/api/v1/push` below it.
    #[must_use]
    pub fn url(&self) -> &str {
        self.http.base()
    }

    /// The process: to stop, restart or pause it, and to read its output.
    #[must_use]
    pub fn process(&self) -> &Process {
        &self.process
    }

    /// Whether it reports within a second that it is ready.
    #[must_use]
    pub fn ready(&self) -> bool {
        self.http.answers("/ready", Duration::from_secs(1))
    }

    /// The lines of the last hour, oldest first, at most 1000.
    ///
    /// # Errors
    /// As [`query_range`](Self::query_range).
    pub fn query(&self, logql: &str) -> Result<Vec<LogEntry>, QueryError> {
        let now = Duration::from_secs(now_unix_seconds());
        let (start, end) = (now.saturating_sub(Duration::from_secs(3600)), now + Duration::from_secs(60));
        self.query_range(logql, start, end, LIMIT)
    }

    /// The lines between two times since 1970, oldest first, the first `limit` of them.
    ///
    /// # Errors
    /// If Loki does not respond, or rejects the expression, or if the expression returns numbers.
    pub fn query_range(
        &self,
        logql: &str,
        start: Duration,
        end: Duration,
        limit: u32,
    ) -> Result<Vec<LogEntry>, QueryError> {
        let path = "/loki/api/v1/query_range";
        let (start, end, limit) =
            (start.as_nanos().to_string(), end.as_nanos().to_string(), limit.to_string());
        let query =
            [("query", logql), ("start", &start), ("end", &end), ("limit", &limit), ("direction", "forward")];
        // Without it Loki responds as if structured metadata were labels.
        let headers = [("X-Loki-Response-Encoding-Flags", "categorize-labels")];
        let body = self.http.get_with(path, &query, &headers)?;
        let answer: Streams = self.http.parse(path, &body)?;
        let mut entries: Vec<LogEntry> =
            answer.data.result.into_iter().flat_map(Stream::into_entries).collect();
        entries.sort_by_key(|entry| entry.timestamp);
        Ok(entries)
    }

    /// A LogQL expression that returns numbers, such as `sum(count_over_time({level="ERROR"}[5m]))`, evaluated now.
    ///
    /// # Errors
    /// If Loki does not respond, or rejects the expression, or if the expression returns lines.
    pub fn query_numbers(&self, logql: &str) -> Result<Vec<Sample>, QueryError> {
        let answer: Answer = self.http.get_json("/loki/api/v1/query", &[("query", logql)])?;
        Ok(answer.into_samples())
    }
}

fn prepare(path: PathBuf, flags: &[&str]) -> io::Result<(Launch, (Http, TempDir))> {
    let folder = TempDir::with_prefix("radiosonde-loki-")?;
    copy_into("loki.yml", folder.path())?;
    let port = free_port();
    let url = format!("http://127.0.0.1:{port}");
    let launch = Launch {
        program: Program::Loki,
        path,
        arguments: ["-config.file=loki.yml", "-config.expand-env=true"]
            .iter()
            .chain(flags)
            .map(|flag| (*flag).into())
            .collect(),
        variables: vec![
            ("LOKI_HTTP_PORT", port.to_string()),
            ("LOKI_GRPC_PORT", free_port().to_string()),
            ("LOKI_DATA", folder.path().join("data").to_string_lossy().into_owned()),
        ],
        folder: folder.path().to_owned(),
        ready: Ready::Http(format!("{url}/ready")),
    };
    Ok((launch, (Http::new(url), folder)))
}

/// One line as stored in Loki.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LogEntry {
    /// The labels of its stream.
    pub labels: BTreeMap<String, String>,
    /// The structured metadata. Loki adds `detected_level`.
    pub structured_metadata: BTreeMap<String, String>,
    /// The fields that the expression's parsers (`| json`, `| logfmt`) extracted.
    pub parsed: BTreeMap<String, String>,
    /// Since 1970, to the nanosecond.
    pub timestamp: Duration,
    /// The line as sent.
    pub line: String,
}

#[derive(Debug, Deserialize)]
struct Streams {
    data: StreamData,
}

#[derive(Debug, Deserialize)]
struct StreamData {
    result: Vec<Stream>,
}

#[derive(Debug, Deserialize)]
struct Stream {
    stream: BTreeMap<String, String>,
    values: Vec<(Nanoseconds, String, Categories)>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Categories {
    #[serde(default)]
    structured_metadata: BTreeMap<String, String>,
    #[serde(default)]
    parsed: BTreeMap<String, String>,
}

#[derive(Debug)]
struct Nanoseconds(u64);

impl<'de> Deserialize<'de> for Nanoseconds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map(Self).map_err(|_| de::Error::custom(format!("{text:?} are no nanoseconds")))
    }
}

impl Stream {
    fn into_entries(self) -> impl Iterator<Item = LogEntry> {
        let labels = self.stream;
        self.values.into_iter().map(move |(Nanoseconds(nanoseconds), line, categories)| LogEntry {
            labels: labels.clone(),
            structured_metadata: categories.structured_metadata,
            parsed: categories.parsed,
            timestamp: Duration::from_nanos(nanoseconds),
            line,
        })
    }
}
