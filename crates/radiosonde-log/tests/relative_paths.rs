//! Relative paths in a process that changes its working directory. A separate process.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::path::Path;
use std::{env, fs};

use radiosonde_appender::{FileOptions, Reopen};
use radiosonde_core::Resource;
use radiosonde_log::{JsonLayer, Writer};
use tracing::info;
use tracing_subscriber::layer::SubscriberExt as _;

fn names(folder: &Path) -> BTreeSet<String> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn a_relative_path_does_not_follow_a_change_of_the_folder() {
    let [here, elsewhere, gone] = [(); 3].map(|()| tempfile::tempdir().unwrap());
    env::set_current_dir(here.path()).unwrap();
    let reopen = Reopen::new();
    let options = FileOptions::new().rotate_at_bytes(1000).keep_files(3).reopen_on(&reopen).gzip(true);
    let layer = JsonLayer::builder(&Resource::new("orders"))
        .writer(Writer::file("plain.log").unwrap())
        .writer(Writer::file_with("logs/orders.log", options).unwrap())
        .build()
        .unwrap();
    tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
        info!("here");
        env::set_current_dir(elsewhere.path()).unwrap();
        for at in 0..40 {
            info!(at, "elsewhere");
        }
        // The folder is created again at the same place. Moved, since files in it may be being compressed.
        fs::rename(here.path().join("logs"), gone.path().join("logs")).unwrap();
        info!("elsewhere");
        fs::rename(here.path().join("plain.log"), here.path().join("moved.log")).unwrap();
        reopen.request();
        for at in 0..40 {
            info!(at, "elsewhere");
        }
    });
    assert_eq!(names(elsewhere.path()), BTreeSet::new());
    assert_eq!(names(here.path()), ["logs", "moved.log", "plain.log"].map(str::to_owned).into());
    // The log file and the three rotated ones.
    let bases = names(&here.path().join("logs")).into_iter().map(|name| name.replace(".gz", ""));
    assert_eq!(bases.collect::<BTreeSet<_>>().len(), 4);
}
