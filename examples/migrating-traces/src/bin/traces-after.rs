//! The program with our spans, and with metrics and lines besides.

use std::error::Error;
use std::time::Duration;

use migrating_traces::{PrintingSink, handle, request_span, requests};
use radiosonde::log::Writer;
use radiosonde::trace::{extract, inject, set_parent};

fn main() -> Result<(), Box<dyn Error>> {
    let telemetry = radiosonde::builder()
        .service_name("orders")
        .traces(|traces| traces.sink(PrintingSink))
        .logs(|logs| logs.writer(Writer::stderr()))
        .init()?;

    for request in requests() {
        let span = request_span(&request);
        if let Some(caller) = extract(&request.headers) {
            let _ = set_parent(&span, &caller);
        }
        let call = span.in_scope(|| {
            handle(&request, |headers| {
                inject(headers);
            })
        });
        eprintln!("call: {call:?}");
    }

    telemetry.shutdown_blocking(Duration::from_secs(5));
    Ok(())
}
