//! The shop's rules, dashboards and documents fit what its services declare. `RADIOSONDE_BLESS=1 cargo test -p shop ops` writes them.

use std::process::Command;

use radiosonde::ops::{Artifacts, Catalogue, Generator, RuleFile, alertmanager_file, assert_artifacts};

const RUNBOOKS: &str = "https://runbooks.example/shop";

/// What a role declares: by a process of its own, since a process has one telemetry.
fn generator(role: &str) -> Generator {
    let mut command = Command::new(env!("CARGO_BIN_EXE_shop"));
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if ["OTEL_", "RADIOSONDE_", "RUST_LOG"].iter().any(|start| text.starts_with(start)) {
            command.env_remove(&name);
        }
    }
    let output = command.args([role, "--catalogue"]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let catalogue = Catalogue::from_json(&String::from_utf8(output.stdout).unwrap()).unwrap();
    // Three services, told apart by the label that `service_label` gives all of their series.
    Generator::new(role, catalogue).matching("service", role).runbooks(RUNBOOKS)
}

#[test]
fn the_ops_of_each_role_and_of_the_stack_fit_the_code() {
    let mut all = RuleFile::default();
    for role in ["gateway", "orders", "payments"] {
        let generator = generator(role);
        assert_artifacts!(&format!("ops/{role}"), generator.artifacts().unwrap());
        all.groups.extend(generator.rules().unwrap().groups);
    }
    // One Alertmanager for all.
    let routes = ("alertmanager.yml".to_owned(), alertmanager_file(&all));
    assert_artifacts!("../stack", Artifacts::from_iter([routes]));
}
