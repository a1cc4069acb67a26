//! What a `main` that returns an `InitError` prints.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::error::Error;

#[test]
fn a_main_that_returns_the_error_prints_its_sentence_with_the_causes() {
    let nowhere = tempfile::tempdir().unwrap();
    let file = nowhere.path().join("a file");
    std::fs::write(&file, "").unwrap();
    let error = radiosonde::builder()
        .service_name("orders")
        .logs(|logs| logs.file(file.join("orders.log")))
        .init()
        .unwrap_err();
    // As `main` does.
    let error: Box<dyn Error> = error.into();
    let shown = format!("{error:?}");
    assert!(shown.starts_with("cannot write the log file: cannot open log file \""), "{shown}");
    assert!(shown.contains("for appending: "), "{shown}");

    let error = radiosonde::builder().service_name("orders").filter("orders=loud").init().unwrap_err();
    let shown = format!("{error:?}");
    assert!(shown.starts_with("cannot read the log filter: ") && !shown.contains("InvalidFilter"), "{shown}");
}
