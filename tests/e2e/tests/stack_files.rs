//! Checks `examples/stack` without starting anything: every file it names and every data source it links to exists.
#![allow(clippy::unwrap_used, clippy::panic, reason = "what a helper cannot do fails its test")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use e2e::stack_folder;
use yaml_rust2::{Yaml, YamlLoader};

#[test]
fn every_image_is_pinned_to_a_version() {
    let compose = compose();
    let images = each_service(&compose, |service| service["image"].as_str().unwrap().to_owned());
    assert_eq!(images.len(), 5);
    for image in images {
        let (_, tag) = image.rsplit_once(':').unwrap_or_else(|| panic!("{image} has no tag"));
        let parts: Vec<&str> = tag.trim_start_matches('v').split('.').collect();
        assert!(parts.len() == 3 && parts.iter().all(|part| part.parse::<u32>().is_ok()), "{image}");
    }
}

#[test]
fn every_port_is_published_on_loopback_only() {
    let compose = compose();
    let ports = each_service(&compose, |service| strings(&service["ports"])).concat();
    assert_eq!(ports.len(), 8);
    for port in ports {
        assert!(port.starts_with("127.0.0.1:"), "{port}");
    }
}

#[test]
fn every_mounted_file_and_volume_exists() {
    let compose = compose();
    let mounts = each_service(&compose, |service| strings(&service["volumes"])).concat();
    assert!(mounts.len() > 8, "{mounts:?}");
    for mount in mounts {
        let source = mount.split(':').next().unwrap();
        if source.starts_with('.') {
            assert!(stack_folder().join(source).exists(), "{mount}");
        } else {
            assert!(!compose["volumes"][source].is_badvalue(), "{mount}: no such volume");
        }
    }
}

#[test]
fn every_service_that_another_one_addresses_exists() {
    let compose = compose();
    for source in datasources() {
        let host = source["url"].as_str().unwrap().trim_start_matches("http://").split(':').next().unwrap();
        assert!(!compose["services"][host].is_badvalue(), "{host}");
    }
    let services = each_service(&compose, |service| strings(&service["depends_on"])).concat();
    assert!(!services.is_empty());
    for service in services {
        assert!(!compose["services"][service.as_str()].is_badvalue(), "{service}");
    }
}

#[test]
fn every_variable_that_compose_sets_is_one_the_configuration_reads() {
    let compose = compose();
    for (service, file, count) in [("loki", "loki.yml", 2), ("jaeger", "jaeger.yml", 2)] {
        let configuration = read(file);
        let variables = compose["services"][service]["environment"].as_hash().unwrap();
        assert_eq!(variables.len(), count);
        for variable in variables.keys() {
            let variable = variable.as_str().unwrap();
            assert!(configuration.contains(&format!("{variable}:-")), "{file} does not read {variable}");
        }
    }
}

#[test]
fn every_linked_data_source_is_provisioned() {
    let sources = datasources();
    let uids: BTreeSet<&str> = sources.iter().map(|source| source["uid"].as_str().unwrap()).collect();
    assert_eq!(uids, BTreeSet::from(["alertmanager", "jaeger", "loki", "prometheus"]));
    let mut links = Vec::new();
    for source in &sources {
        links_of(source, &mut links);
    }
    assert_eq!(links, ["loki", "jaeger", "jaeger"], "jaeger's to loki, loki's and prometheus' to jaeger");
    assert!(links.iter().all(|link| uids.contains(link.as_str())));
}

#[test]
fn the_links_go_by_the_names_that_the_services_send() {
    let sources = datasources();
    let json = |uid| &sources.iter().find(|source| source["uid"].as_str() == Some(uid)).unwrap()["jsonData"];
    assert_eq!(json("prometheus")["exemplarTraceIdDestinations"][0]["name"].as_str(), Some("trace_id"));
    let field = &json("loki")["derivedFields"][0];
    assert_eq!(
        (field["matcherType"].as_str(), field["matcherRegex"].as_str()),
        (Some("label"), Some("trace_id"))
    );
    // Two dollars: with one, Grafana would put an environment variable of its own there.
    assert_eq!(field["url"].as_str(), Some("$${__value.raw}"));
    let logs = &json("jaeger")["tracesToLogsV2"];
    assert_eq!(logs["query"].as_str(), Some("{$${__tags}} | trace_id=\"$${__trace.traceId}\""));
    assert_eq!(logs["tags"][0]["value"].as_str(), Some("service_name"));
}

#[test]
fn containers_scrape_the_same_ports_as_the_host() {
    let names: Vec<String> = files(&stack_folder().join("targets")).map(|(name, _)| name).collect();
    assert_eq!(names, ["alertmanager.json", "quickstart.json", "shop.json"]);
    for name in names {
        let host = read(&format!("targets/{name}"));
        let container = read(&format!("compose/targets/{name}"));
        let there = if name == "alertmanager.json" { "alertmanager" } else { "host.docker.internal" };
        assert_eq!(container, host.replace("127.0.0.1", there), "{name}");
    }
}

#[test]
fn the_operations_of_every_example_are_mounted_where_they_are_read() {
    let compose = compose();
    let dashboards =
        &parse(&read("grafana/provisioning/dashboards/radiosonde.yml"))["providers"][0]["options"];
    let path = dashboards["path"].as_str().unwrap();
    let prometheus = parse(&read("prometheus.yml"));
    let rules = strings(&prometheus["rule_files"]);
    for example in ["quickstart", "shop"] {
        let mount = |service: &str, place: &str| {
            let mount = format!("../{example}/ops:{place}:ro");
            let mounts = strings(&compose["services"][service]["volumes"]);
            assert!(mounts.contains(&mount), "{mounts:?}");
        };
        // `..` of /etc/prometheus is /etc.
        mount("prometheus", &format!("/etc/{example}/ops"));
        mount("grafana", &format!("{path}/{example}"));
        assert!(rules.iter().any(|rule| rule.starts_with(&format!("../{example}/ops/"))), "{rules:?}");
    }
}

/// Fluent Bit is in none of the places that the other programs come from, so nothing starts it here.
#[test]
fn fluent_bit_gives_lines_the_labels_and_ids_that_our_own_sink_gives_them() {
    let config = parse(&read("fluent-bit.yaml"));
    let (input, output) = (&config["pipeline"]["inputs"][0], &config["pipeline"]["outputs"][0]);
    assert_eq!(input["parser"].as_str(), config["parsers"][0]["name"].as_str());
    assert_eq!(input["tag"].as_str(), output["match"].as_str());
    assert_eq!(output["labels"].as_str(), Some("service_name=$service, level=$level, env=${environment}"));
    let ids = output["structured_metadata"].as_str().unwrap();
    let own =
        ["trace_id", "span_id", "request_id", "correlation_id", "user_id"].map(|id| format!("{id}=${id}"));
    assert_eq!(ids, own.join(", "));
    // Each variable is one of the file.
    let text = read("fluent-bit.yaml");
    let variables: BTreeSet<_> = text.split("${").skip(1).filter_map(|rest| rest.split('}').next()).collect();
    let declared: BTreeSet<_> = config["env"].as_hash().unwrap().keys().filter_map(Yaml::as_str).collect();
    assert_eq!(variables, declared);
}

fn compose() -> Yaml {
    parse(&read("compose.yml"))
}

fn each_service<T>(compose: &Yaml, pick: impl Fn(&Yaml) -> T) -> Vec<T> {
    compose["services"].as_hash().unwrap().values().map(pick).collect()
}

fn datasources() -> Vec<Yaml> {
    files(&stack_folder().join("grafana/provisioning/datasources"))
        .flat_map(|(_, text)| parse(&text)["datasources"].as_vec().unwrap().clone())
        .collect()
}

fn links_of(yaml: &Yaml, links: &mut Vec<String>) {
    match yaml {
        Yaml::Array(values) => values.iter().for_each(|value| links_of(value, links)),
        Yaml::Hash(pairs) => {
            for (key, value) in pairs {
                if key.as_str() == Some("datasourceUid") {
                    links.push(value.as_str().unwrap().to_owned());
                }
                links_of(value, links);
            }
        }
        _ => {}
    }
}

fn strings(yaml: &Yaml) -> Vec<String> {
    yaml.as_vec().into_iter().flatten().map(|value| value.as_str().unwrap().to_owned()).collect()
}

/// The files of a folder by name.
fn files(folder: &Path) -> impl Iterator<Item = (String, String)> {
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.into_iter().map(|path| {
        (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read_to_string(&path).unwrap())
    })
}

fn read(name: &str) -> String {
    fs::read_to_string(stack_folder().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn parse(text: &str) -> Yaml {
    YamlLoader::load_from_str(text).unwrap().remove(0)
}
