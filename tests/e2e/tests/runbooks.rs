//! Generated runbooks: their queries are those of the rules, and their commands silence the alerts in the real Alertmanager.
#![allow(clippy::unwrap_used, reason = "what a helper cannot do fails its test")]

use std::process::Command;
use std::time::Duration;

use e2e::{Alertmanager, Program};
use radiosonde::ops::{Catalogue, Generator, Rule};
use radiosonde_metrics::Registry;
use radiosonde_signals::{Objectives, Slo, Work};
use radiosonde_tower::ServerLayer;

fn generator() -> Generator {
    let registry = Registry::new();
    let available = Slo::availability("orders_available", 99.9, Work::http_server());
    let fast = Slo::latency("orders_fast", 99.0, Work::http_server(), Duration::from_millis(200));
    Objectives::of(&registry).declare_all([available, fast]).unwrap();
    ServerLayer::builder().registry(&registry).build().unwrap();
    Generator::new("orders", Catalogue::of(&registry))
        .matching("service", "orders")
        .runbooks("https://runbooks.example/orders/")
}

#[test]
fn each_alert_links_a_page_that_has_its_query() {
    let generator = generator();
    let (files, rules) = (generator.artifacts().unwrap(), generator.rules().unwrap());
    let mut alerts = 0;
    for rule in rules.groups.iter().flat_map(|group| &group.rules) {
        let Rule::Alert { alert, expr, annotations, .. } = rule else { continue };
        alerts += 1;
        let page = files.file(&format!("runbooks/{alert}.md")).unwrap();
        assert!(page.contains(expr.trim_end()), "{page}");
        let url = annotations["runbook_url"].strip_prefix("https://runbooks.example/orders/").unwrap();
        assert_eq!(url, format!("{alert}.md"));
    }
    assert!(alerts > 0);
}

#[test]
fn the_command_of_a_runbook_silences_its_alert() {
    let Some(alertmanager) = Alertmanager::start() else { return };
    let Some(amtool) = Program::Amtool.path() else { return };
    let files = generator().artifacts().unwrap();
    let pages: Vec<_> = files.files().filter(|(path, _)| path.starts_with("runbooks/")).collect();
    assert!(!pages.is_empty());
    for (path, page) in pages {
        let commands = page.split("```sh\n").nth(1).unwrap().split("```").next().unwrap();
        let commands = commands
            .replace("amtool", amtool.to_str().unwrap())
            .replace("http://127.0.0.1:9093", alertmanager.url());
        let output = Command::new("sh").args(["-ec", &commands]).output().unwrap();
        assert!(output.status.success(), "{path}: {commands}\n{}", String::from_utf8_lossy(&output.stderr));

        let name = path.trim_start_matches("runbooks/").trim_end_matches(".md");
        let query = ["silence", "query", "--quiet", "--alertmanager.url", alertmanager.url(), name];
        let found = Command::new(&amtool).args(query).output().unwrap();
        let silences = String::from_utf8_lossy(&found.stdout).lines().count();
        assert_eq!(silences, commands.lines().count(), "{name}");
    }
}
