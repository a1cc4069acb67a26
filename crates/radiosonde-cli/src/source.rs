use std::fs::File;
use std::io::Read as _;
use std::time::Duration;

use radiosonde_ops::Catalogue;

use crate::failure::Failure;

/// The longest text that is read, and the longest time for which an address is waited for.
const MAX_BYTES: u64 = 64 * 1024 * 1024;
const WITHIN: Duration = Duration::from_secs(10);

/// Reads a catalogue: a `catalogue.json`, or the text of `/metrics`, of a file or of an address.
pub(crate) fn read(source: &str) -> Result<Catalogue, Failure> {
    let text = if source.starts_with("http://") || source.starts_with("https://") {
        scrape(source)?
    } else {
        let mut text = String::new();
        let file = File::open(source).map_err(|error| Failure::of(source, error))?;
        // The length of a pipe is not known before it has ended.
        let read =
            file.take(MAX_BYTES + 1).read_to_string(&mut text).map_err(|error| Failure::of(source, error))?;
        if u64::try_from(read).unwrap_or(u64::MAX) > MAX_BYTES {
            return Err(Failure::of(source, format!("too long; expected at most {MAX_BYTES} bytes")));
        }
        text
    };
    if text.trim_start().starts_with('{') && !text.contains("\n# ") {
        return Catalogue::from_json(&text).map_err(|error| Failure::of(source, error));
    }
    let catalogue = Catalogue::from_exposition(&text).map_err(|error| Failure::of(source, error))?;
    if catalogue.metrics.is_empty() {
        return Err(Failure::of(source, "no metrics; expected a catalogue.json or the text of /metrics"));
    }
    Ok(catalogue)
}

/// Several catalogues as one.
pub(crate) fn read_all(sources: &[String]) -> Result<Catalogue, Failure> {
    let mut all = Catalogue::default();
    for source in sources {
        all.merge(read(source)?);
    }
    Ok(all)
}

fn scrape(url: &str) -> Result<String, Failure> {
    let agent: ureq::Agent = ureq::Agent::config_builder().timeout_global(Some(WITHIN)).build().into();
    let answer = agent.get(url).header("accept", "text/plain;version=0.0.4").call();
    let mut answer = answer.map_err(|error| Failure::of(url, error))?;
    answer.body_mut().with_config().limit(MAX_BYTES).read_to_string().map_err(|error| Failure::of(url, error))
}
