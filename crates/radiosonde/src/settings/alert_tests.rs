use std::error::Error as _;

use radiosonde_alerts::AlertmanagerOptions;

use super::tests::{from, resolve};
use crate::builder::builder;
use crate::config::Config;

fn urls(shown: &str) -> Vec<String> {
    let parts = shown.split("http://").skip(1);
    parts.filter_map(|rest| rest.split(['"', ')', '/']).next()).map(str::to_owned).collect()
}

#[test]
fn alerts_go_to_the_alertmanagers_of_code_then_variable_then_file() {
    let variable = [("RADIOSONDE_ALERTMANAGER_URL", " http://a:9093, http://b:9093 ,")];
    let of = |settings: &super::Settings| urls(&format!("{:?}", settings.alerts));
    assert!(of(&from(&[])).is_empty());
    assert_eq!(of(&from(&variable)), ["a:9093", "b:9093"]);
    let file = || {
        let mut file = Config::default();
        file.alerts.add(AlertmanagerOptions::new("http://c:9093"));
        file
    };
    assert_eq!(of(&resolve(builder().config(file()), &[]).unwrap()), ["c:9093"]);
    assert_eq!(of(&resolve(builder().config(file()), &variable).unwrap()), ["a:9093", "b:9093"]);
    let code = || builder().alertmanager(AlertmanagerOptions::new("http://d:9093"));
    assert_eq!(of(&resolve(code().config(file()), &variable).unwrap()), ["d:9093"]);
    let disabled = [variable[0], ("OTEL_SDK_DISABLED", "true")];
    assert!(of(&from(&disabled)).is_empty(), "nothing is delivered");
    assert!(from(&[]).engine.is_none());
    assert!(resolve(builder().alerts(|alerts| alerts), &[]).unwrap().engine.is_some());
}

#[test]
fn a_url_of_alertmanager_that_is_none_is_named_but_for_a_password() {
    let refused = |urls| resolve(builder(), &[("RADIOSONDE_ALERTMANAGER_URL", urls)]).unwrap_err();
    let error = refused("http://a:9093,ftp://b");
    let expected = "invalid RADIOSONDE_ALERTMANAGER_URL \"http://a:9093,ftp://b\": expected http or https URLs, comma-separated";
    assert_eq!(error.to_string(), expected);
    assert!(error.source().is_some());
    let error = refused("ftp://ada:hunter2@b").to_string();
    assert!(!error.contains("hunter2"), "{error}");
}
