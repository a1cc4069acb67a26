use crate::{Finding, Workspace};

/// What the crates of the ground, the kernels and the facade may take from others. Every foreign name beyond it stands in the leaf that is about it.
///
/// A row grants no more than its crate needs, each for the reason beside it.
const GRANTED: &[(&str, &[(&str, &str)])] = &[
    ("radiosonde-core", &[("fastrand", "random ids"), ("serde", "options from a file, as a feature")]),
    ("radiosonde-queue", &[]),
    (
        "radiosonde-macros",
        &[("proc-macro2", "tokens"), ("quote", "tokens from templates"), ("syn", "items from tokens")],
    ),
    (
        "radiosonde-metrics",
        &[
            ("itoa", "digits of integers"),
            ("loom", "models of the lock-free parts"),
            ("rustix", "process metrics on Linux"),
            ("sysinfo", "process metrics elsewhere"),
            ("zmij", "digits of floats"),
        ],
    ),
    (
        "radiosonde-delivery",
        &[
            ("base64", "basic authentication"),
            ("bytes", "bodies of requests"),
            ("fastrand", "jitter of retries"),
            ("futures-util", "the sink half of a web socket"),
            ("http", "the types of requests"),
            ("http-body-util", "bodies of requests"),
            ("hyper", "the HTTP client"),
            ("hyper-rustls", "the HTTP client over TLS"),
            ("hyper-util", "the HTTP client's connections"),
            ("rustls", "TLS"),
            ("rustls-native-certs", "the system's certificate authorities"),
            ("serde", "options from a file, as a feature"),
            ("tokio", "the delivery thread's runtime"),
            ("tokio-tungstenite", "web sockets"),
        ],
    ),
    (
        "radiosonde-trace",
        &[
            ("arc-swap", "samplers that reload"),
            ("futures-core", "the trait of streams, which a carried one implements"),
            ("http", "the carrier of a request's headers"),
            ("pin-project-lite", "futures without boxes"),
            ("serde", "options from a file, as a feature"),
            ("tracing", "the front end"),
            ("tracing-subscriber", "the registry that layers stand on"),
        ],
    ),
    (
        "radiosonde-appender",
        &[
            ("flate2", "archives of log files"),
            ("serde", "options from a file, as a feature"),
            ("signal-hook", "SIGHUP reopens log files"),
        ],
    ),
    (
        "radiosonde-log",
        &[
            ("arc-swap", "filters that reload"),
            ("itoa", "digits of integers"),
            ("log", "records of the `log` crate become events"),
            ("serde", "options from a file, as a feature"),
            ("tracing", "the front end"),
            ("tracing-core", "callsites and field sets"),
            ("tracing-log", "records of the `log` crate become events"),
            ("tracing-subscriber", "the registry that layers stand on"),
            ("zmij", "digits of floats"),
        ],
    ),
    (
        "radiosonde-signals",
        &[
            ("arc-swap", "tables of names that grow"),
            ("futures-core", "the trait of streams, which an observed one implements"),
            ("pin-project-lite", "futures without boxes"),
            ("tracing", "the front end"),
        ],
    ),
    (
        "radiosonde",
        &[
            ("serde", "options from a file, as a feature"),
            ("signal-hook", "SIGTERM and Ctrl-C"),
            ("tracing", "the front end"),
            ("tracing-subscriber", "the subscriber that `init` installs"),
        ],
    ),
];

/// Kernels, ground and facade have no foreign dependency that is not granted.
pub(crate) fn check(workspace: &Workspace) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (name, granted) in GRANTED {
        if let Some(package) = workspace.crates().find(|package| package.name == *name) {
            let path = format!("{}/Cargo.toml", package.folder);
            findings.extend(check_crate(name, &path, &package.foreign, granted));
        }
    }
    findings
}

fn check_crate(name: &str, path: &str, foreign: &[String], granted: &[(&str, &str)]) -> Vec<Finding> {
    let refused = foreign.iter().filter(|foreign| !granted.iter().any(|(name, _)| name == *foreign));
    let refused = refused.map(|foreign| format!("{foreign} is not granted to {name}"));
    let idle = granted.iter().filter(|(granted, _)| !foreign.iter().any(|foreign| foreign == granted));
    let idle = idle.map(|(idle, _)| format!("{idle} is granted to {name}, which does not use it"));
    refused.chain(idle).map(|what| Finding::new(path, 1, what)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_foreign_name_that_is_not_granted_is_refused_and_an_idle_grant_too() {
        let found = |foreign: &[&str]| -> Vec<_> {
            let foreign: Vec<_> = foreign.iter().map(|name| (*name).to_owned()).collect();
            check_crate("a", "Cargo.toml", &foreign, &[("itoa", "digits")])
                .iter()
                .map(|found| found.what.clone())
                .collect()
        };
        assert_eq!(found(&["itoa"]), [""; 0]);
        assert_eq!(found(&["itoa", "prometheus"]), ["prometheus is not granted to a"]);
        assert_eq!(found(&[]), ["itoa is granted to a, which does not use it"]);
    }
}
