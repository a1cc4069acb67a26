//! The longest waits of a thread that logs, by output and its state. `stalled [rounds]`
//!
//! The cases take turns, so that the load of the machine affects all of them alike. A line is logged every ten microseconds,
//! inside two spans; queues that do not drain are full before the first line is timed.

mod backend;
mod case;
mod pipe;
mod table;

use std::error::Error;
use std::time::Duration;

use case::{Case, GRAVE, USUAL};
use radiosonde_appender::QueueOptions;
use radiosonde_log::Writer;

fn main() -> Result<(), Box<dyn Error>> {
    let rounds = std::env::args().nth(1).map_or(Ok(20), |rounds| rounds.parse::<u32>())?;
    let folder = tempfile::tempdir()?;
    let mut cases = cases(folder.path())?;
    cases.iter().for_each(Case::fill);
    // Time for the other queues to drain.
    std::thread::sleep(Duration::from_secs(2));
    cases.iter_mut().for_each(Case::begin);
    for _ in 0..rounds {
        for case in &mut cases {
            case.round();
        }
    }
    println!("nanoseconds of a call, {} calls each\n", rounds * case::CALLS);
    for (level, name) in [(USUAL, "INFO"), (GRAVE, "ERROR")] {
        table::print(name, &cases, level);
    }
    println!("Lines not written are of both levels, from `_dropped_total`.");
    Ok(())
}

/// The outputs, in each possible state.
fn cases(folder: &std::path::Path) -> Result<Vec<Case>, Box<dyn Error>> {
    let queued = |writer: Writer| writer.queue(QueueOptions::new());
    let path = folder.join("kept/lines.log");
    let gone = folder.join("gone/lines.log");
    let removed = Writer::file(&gone)?;
    std::fs::remove_dir_all(folder.join("gone"))?;
    // A file in place of the folder, so that it cannot be created again.
    std::fs::write(folder.join("gone"), "")?;
    Ok(vec![
        Case::nothing(),
        Case::writing("no sink", "rendered only", Writer::new("null", std::io::sink())),
        Case::writing("pipe", "read", queued(pipe::read()?)),
        Case::writing("pipe", "stalled", queued(pipe::stalled()?)),
        Case::writing("pipe", "gone", queued(pipe::gone()?)),
        Case::writing("file", "well", queued(Writer::file(path)?)),
        Case::writing("file", "disk full", queued(Writer::file("/dev/full")?)),
        Case::writing("file", "folder gone", queued(removed)),
        Case::loki("well", &backend::answering("204 No Content")?)?,
        Case::loki("stalled", &backend::stalled()?)?,
        Case::loki("full (429)", &backend::answering("429 Too Many Requests")?)?,
        Case::loki("gone", &backend::gone()?)?,
        Case::otlp("well", &backend::answering("200 OK")?)?,
        Case::otlp("stalled", &backend::stalled()?)?,
        Case::otlp("full (429)", &backend::answering("429 Too Many Requests")?)?,
        Case::otlp("gone", &backend::gone()?)?,
    ])
}
