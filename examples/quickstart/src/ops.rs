//! The rules, dashboards and documents in `ops` fit what the service declares. `RADIOSONDE_BLESS=1 cargo test -p quickstart ops` writes them.

use radiosonde::ops::{Generator, assert_artifacts};

use crate::{telemetry, weather};

#[tokio::test]
async fn the_ops_of_the_service_fit_the_code() {
    // What `run` does, without serving.
    let telemetry = telemetry().unwrap();
    let _app = weather::routes(telemetry.registry()).unwrap().layer(telemetry.server_layer());
    let _client = telemetry.client_layer();
    // Told apart from other services by the job that Prometheus scrapes it as.
    let generator = Generator::new("quickstart", telemetry.catalogue()).matching("job", "quickstart");
    assert_artifacts!("ops", generator.runbooks("https://runbooks.example/quickstart").artifacts().unwrap());
}
