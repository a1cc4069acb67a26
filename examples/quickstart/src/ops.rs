//! The rules, dashboards and documents in `ops` and in examples/stack fit what the service declares. `RADIOSONDE_BLESS=1 cargo test -p quickstart
//! ops` writes them.

use radiosonde::ops::{Artifacts, Generator, assert_artifacts};

use crate::{telemetry, weather};

/// The files that examples/stack has of these.
fn in_stack((path, text): (&str, &str)) -> Option<(String, String)> {
    let path = match path.split_once('/')? {
        ("rules", _) => path.to_owned(),
        ("dashboards", name) => format!("grafana/dashboards/{name}"),
        _ => return None,
    };
    Some((path, text.to_owned()))
}

#[tokio::test]
async fn the_ops_of_the_service_and_of_the_stack_fit_the_code() {
    // What `run` does, without serving.
    let telemetry = telemetry().unwrap();
    let _app = weather::routes(telemetry.registry()).unwrap().layer(telemetry.server_layer());
    let _client = telemetry.client_layer();
    // Told apart from other services by the job that Prometheus scrapes it as.
    let generator = Generator::new("quickstart", telemetry.catalogue()).matching("job", "quickstart");
    let artifacts = generator.runbooks("https://runbooks.example/quickstart").artifacts().unwrap();
    assert_artifacts!("ops", artifacts);
    assert_artifacts!("../stack", artifacts.files().filter_map(in_stack).collect::<Artifacts>());
}
