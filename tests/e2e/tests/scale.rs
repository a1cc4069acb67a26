//! The configuration files of `docs/scale.md`, read by the programs that they are for.
#![allow(clippy::unwrap_used, clippy::panic, reason = "what a helper cannot do fails its test")]

use std::fs;

use e2e::{Program, Tool};

const PAGE: &str = include_str!("../../../docs/scale.md");

/// The first word of a file is the program that reads it. These two are not among those of the tests.
const UNCHECKED: [&str; 2] = ["mimir.yml", "otelcol.yml"];

/// The files by the first word of their first line.
fn files(program: &str) -> Vec<&'static str> {
    let files = PAGE.split("```yaml\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    files
        .filter(|file| {
            let first = file.strip_prefix("# ").unwrap().split([' ', ':']).next().unwrap();
            first.trim_end_matches(".yml") == program
        })
        .collect()
}

/// Runs a program for each of its files, with the arguments for a path.
#[track_caller]
fn check(program: Program, name: &str, count: usize, arguments: impl Fn(&str, &str) -> Vec<String>) {
    let files = files(name);
    assert_eq!(files.len(), count, "{files:#?}");
    let Some(tool) = Tool::find(program) else { return };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file.yml");
    for file in files {
        fs::write(&path, file).unwrap();
        if let Err(printed) = tool.run(arguments(file, path.to_str().unwrap())) {
            panic!("{printed}\n{file}");
        }
    }
}

#[test]
fn prometheus_reads_its_files() {
    check(Program::Promtool, "prometheus", 3, |file, path| {
        let agent = file.starts_with("# prometheus agent").then_some("--agent");
        ["check", "config", "--syntax-only"]
            .into_iter()
            .chain(agent)
            .chain([path])
            .map(str::to_owned)
            .collect()
    });
}

#[test]
fn loki_reads_its_file_for_each_target() {
    for target in [
        "all", "write", "read", "backend", "distributor", "ingester", "querier", "query-frontend",
        "compactor",
    ] {
        check(Program::Loki, "loki", 1, |_, path| {
            let (file, target) = (format!("-config.file={path}"), format!("-target={target}"));
            vec!["-verify-config".to_owned(), "-config.expand-env=true".to_owned(), file, target]
        });
    }
}

#[test]
fn jaeger_reads_its_files() {
    check(Program::Jaeger, "jaeger", 2, |_, path| vec!["validate".to_owned(), format!("--config={path}")]);
}

#[test]
fn the_page_names_what_is_not_checked() {
    let all = PAGE.matches("```yaml\n").count();
    let checked: usize = ["prometheus", "loki", "jaeger"].iter().map(|program| files(program).len()).sum();
    assert_eq!(all, checked + UNCHECKED.len());
    let (_, end) = PAGE.split_once("## What was checked").unwrap();
    for file in UNCHECKED {
        assert!(end.contains(&format!("`{file}`")), "{file}");
    }
}
