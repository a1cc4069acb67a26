use std::fmt;

use crate::{Finding, Workspace};

/// A dependency of one of our crates on another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrow {
    /// The dependent crate.
    pub from: String,
    /// The dependency.
    pub to: String,
    /// The section of the manifest.
    pub kind: ArrowKind,
}

/// The section of a manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArrowKind {
    /// `[dependencies]`
    Normal,
    /// `[build-dependencies]`
    Build,
    /// `[dev-dependencies]`
    Dev,
}

impl ArrowKind {
    pub(crate) const fn section(self) -> &'static str {
        match self {
            Self::Normal => "dependencies",
            Self::Build => "build-dependencies",
            Self::Dev => "dev-dependencies",
        }
    }
}

impl fmt::Display for Arrow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} -> {} in [{}]", self.from, self.to, self.kind.section())
    }
}

/// The facade; it may see every crate below it.
const FACADE: &str = "radiosonde";
/// For tests only, and for those of every crate above core.
const TESTKIT: &str = "radiosonde-testkit";

/// The house as the design draws it: each crate and the ones it is drawn to see. What those see it may see as well.
///
/// An arrow may only point down this list, so that there is no circle; siblings never see each other.
const HOUSE: &[(&str, &[&str])] = &[
    (FACADE, &[]),
    // The command: what a program declares, without the program.
    ("radiosonde-cli", &["radiosonde-ops"]),
    (
        "radiosonde-console",
        &["radiosonde-admin", "radiosonde-recent", "radiosonde-signals", "radiosonde-ops"],
    ),
    ("radiosonde-ops", &["radiosonde-alerts", "radiosonde-signals", "radiosonde-metrics"]),
    // The admin service's credentials are those of the receiver of webhooks, a feature.
    ("radiosonde-alerts", &["radiosonde-admin", "radiosonde-signals", "radiosonde-delivery"]),
    ("radiosonde-admin", &["radiosonde-tower", "radiosonde-log", "radiosonde-signals", "radiosonde-metrics"]),
    ("radiosonde-tower", &["radiosonde-signals", "radiosonde-trace", "radiosonde-metrics"]),
    ("radiosonde-recent", &["radiosonde-log", "radiosonde-trace"]),
    ("radiosonde-loki", &["radiosonde-log", "radiosonde-delivery"]),
    ("radiosonde-otlp", &["radiosonde-trace", "radiosonde-log", "radiosonde-delivery"]),
    ("radiosonde-opentelemetry", &["radiosonde-trace"]),
    ("radiosonde-push", &["radiosonde-metrics", "radiosonde-delivery"]),
    ("radiosonde-journald", &["radiosonde-log"]),
    ("radiosonde-adapters", &["radiosonde-signals"]),
    ("radiosonde-tokio", &["radiosonde-signals", "radiosonde-trace"]),
    ("radiosonde-resources", &["radiosonde-signals"]),
    ("radiosonde-prometheus", &["radiosonde-metrics"]),
    ("radiosonde-metrics-facade", &["radiosonde-metrics"]),
    ("radiosonde-signals", &["radiosonde-metrics"]),
    ("radiosonde-log", &["radiosonde-appender", "radiosonde-metrics", "radiosonde-core"]),
    ("radiosonde-appender", &["radiosonde-queue", "radiosonde-metrics", "radiosonde-core"]),
    ("radiosonde-trace", &["radiosonde-metrics", "radiosonde-core"]),
    ("radiosonde-delivery", &["radiosonde-queue", "radiosonde-metrics", "radiosonde-core"]),
    // The design draws core alone; the derives that metrics re-exports stand between the two in its list.
    ("radiosonde-metrics", &["radiosonde-macros", "radiosonde-core"]),
    ("radiosonde-queue", &["radiosonde-core"]),
    ("radiosonde-macros", &[]),
    // Last in the design's list, apart from the rest; here above what it sees.
    (TESTKIT, &["radiosonde-core"]),
    ("radiosonde-core", &[]),
];

/// Why an arrow is not drawn; `None` if it is.
#[must_use]
pub fn refusal(arrow: &Arrow) -> Option<String> {
    let Arrow { from, to, kind } = arrow;
    let known = |name: &str| HOUSE.iter().any(|(crate_, _)| *crate_ == name);
    if let Some(unknown) = [from, to].into_iter().find(|name| !known(name)) {
        return Some(format!("{arrow}: {unknown} is not drawn in the design"));
    }
    if to == TESTKIT {
        let allowed = *kind == ArrowKind::Dev && from != "radiosonde-core" && from != TESTKIT;
        return (!allowed).then(|| format!("{arrow}: the testkit is for the tests of crates above core"));
    }
    let below = seen_by(from);
    let drawn = below.contains(&to.as_str());
    (!drawn).then(|| format!("{arrow}: not drawn; {from} may see {}", below.join(", ")))
}

/// The crates that `name` is drawn to see, directly or by way of another.
fn seen_by(name: &str) -> Vec<&'static str> {
    let row = HOUSE.iter().position(|(crate_, _)| *crate_ == name);
    let Some((row, &(_, drawn))) = row.and_then(|row| Some((row, HOUSE.get(row)?))) else {
        return Vec::new();
    };
    let mut seen: Vec<&'static str> = if name == FACADE {
        HOUSE.iter().skip(row + 1).map(|(crate_, _)| *crate_).filter(|crate_| *crate_ != TESTKIT).collect()
    } else {
        drawn.iter().flat_map(|&below| std::iter::once(below).chain(seen_by(below))).collect()
    };
    seen.sort_unstable();
    seen.dedup();
    seen
}

/// Examples, benches and tests stand above the house and may see all of it; nothing in it may see them.
pub(crate) fn check(workspace: &Workspace) -> Vec<Finding> {
    let mut findings = Vec::new();
    for package in workspace.crates() {
        let path = format!("{}/Cargo.toml", package.folder);
        let manifest = workspace.read(&path).unwrap_or_default();
        if seen_by(&package.name).is_empty() && !HOUSE.iter().any(|(name, _)| *name == package.name) {
            findings.push(Finding::new(&path, 1, format!("{} is not drawn in the design", package.name)));
        }
        for arrow in &package.arrows {
            if let Some(what) = refusal(arrow) {
                findings.push(Finding::new(&path, line_of(&manifest, arrow), what));
            }
        }
    }
    findings
}

/// The line of a manifest that draws the arrow; the first line if it is written in another way than ours.
fn line_of(manifest: &str, arrow: &Arrow) -> usize {
    let mut section = "";
    for (at, line) in manifest.lines().enumerate() {
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            section = name;
        }
        let key = line.split([' ', '=', '.']).next().unwrap_or_default();
        let its = section
            .strip_suffix(arrow.kind.section())
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
        if its && key == arrow.to {
            return at + 1;
        }
    }
    1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arrow(from: &str, to: &str, kind: ArrowKind) -> Arrow {
        Arrow { from: from.to_owned(), to: to.to_owned(), kind }
    }

    #[test]
    fn the_house_itself_points_down_only() {
        for (row, (from, drawn)) in HOUSE.iter().enumerate() {
            for to in *drawn {
                let below = HOUSE.iter().position(|(name, _)| name == to).unwrap();
                assert!(below > row, "{from} -> {to} points up");
            }
        }
    }

    #[test]
    fn what_is_drawn_passes_and_what_it_sees_in_turn() {
        for (from, to) in [
            ("radiosonde", "radiosonde-console"),
            ("radiosonde", "radiosonde-core"),
            ("radiosonde-tower", "radiosonde-signals"),
            ("radiosonde-tower", "radiosonde-core"),
            ("radiosonde-loki", "radiosonde-metrics"),
            ("radiosonde-signals", "radiosonde-macros"),
        ] {
            for kind in [ArrowKind::Normal, ArrowKind::Build, ArrowKind::Dev] {
                assert_eq!(refusal(&arrow(from, to, kind)), None);
            }
        }
        assert_eq!(refusal(&arrow("radiosonde-log", TESTKIT, ArrowKind::Dev)), None);
    }

    #[test]
    fn an_arrow_that_is_not_drawn_is_refused_in_every_section() {
        for (from, to) in [
            // Up.
            ("radiosonde-core", "radiosonde-metrics"),
            ("radiosonde-metrics", "radiosonde-log"),
            ("radiosonde-testkit", "radiosonde-metrics"),
            ("radiosonde-signals", "radiosonde"),
            // To a sibling.
            ("radiosonde-loki", "radiosonde-otlp"),
            ("radiosonde-log", "radiosonde-trace"),
            ("radiosonde-log", "radiosonde-delivery"),
            ("radiosonde-macros", "radiosonde-core"),
            // Down, but not drawn.
            ("radiosonde-tower", "radiosonde-log"),
            // To itself.
            ("radiosonde-core", "radiosonde-core"),
            // To and from what nobody has drawn.
            ("radiosonde-tower", "radiosonde-grpc"),
            ("radiosonde-grpc", "radiosonde-core"),
        ] {
            for kind in [ArrowKind::Normal, ArrowKind::Build, ArrowKind::Dev] {
                let refused = refusal(&arrow(from, to, kind));
                assert!(refused.is_some_and(|why| why.starts_with(from)), "{from} -> {to}");
            }
        }
    }

    #[test]
    fn the_testkit_is_for_tests_alone() {
        for kind in [ArrowKind::Normal, ArrowKind::Build] {
            assert!(refusal(&arrow("radiosonde-log", TESTKIT, kind)).is_some());
            assert!(refusal(&arrow(FACADE, TESTKIT, kind)).is_some());
        }
        assert!(refusal(&arrow("radiosonde-core", TESTKIT, ArrowKind::Dev)).is_some());
    }

    /// A workspace of two crates whose manifests are real.
    fn workspace_with(log_depends: &str) -> (tempfile::TempDir, Workspace) {
        let root = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = root.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write("Cargo.toml", "[workspace]\nresolver = \"3\"\nmembers = [\"crates/*\"]\n");
        for (name, depends) in [("radiosonde-log", log_depends), ("radiosonde-trace", "")] {
            let package = format!("[package]\nname = \"{name}\"\nedition = \"2024\"\n");
            write(&format!("crates/{name}/Cargo.toml"), &format!("{package}{depends}"));
            write(&format!("crates/{name}/src/lib.rs"), "");
        }
        let workspace = Workspace::at(root.path());
        (root, workspace)
    }

    #[test]
    fn a_forbidden_arrow_of_a_real_manifest_is_found_with_its_line() {
        assert_eq!(check(&workspace_with("").1), []);
        for (section, kind) in [
            ("dependencies", "dependencies"),
            ("dev-dependencies", "dev-dependencies"),
            ("build-dependencies", "build-dependencies"),
            ("target.'cfg(unix)'.dependencies", "dependencies"),
        ] {
            let depends = format!("\n[{section}]\nradiosonde-trace = {{ path = \"../radiosonde-trace\" }}\n");
            let found: Vec<_> = check(&workspace_with(&depends).1).iter().map(ToString::to_string).collect();
            let start = format!(
                "crates/radiosonde-log/Cargo.toml:6: radiosonde-log -> radiosonde-trace in [{kind}]: not drawn"
            );
            assert!(found.len() == 1 && found[0].starts_with(&start), "{found:?}");
        }
    }

    #[test]
    fn the_line_is_the_one_in_the_arrows_section() {
        let manifest =
            "[dependencies]\na = { workspace = true }\n\n[dev-dependencies]\na = { workspace = true }\n";
        assert_eq!(line_of(manifest, &arrow("b", "a", ArrowKind::Normal)), 2);
        assert_eq!(line_of(manifest, &arrow("b", "a", ArrowKind::Dev)), 5);
        assert_eq!(line_of(manifest, &arrow("b", "a", ArrowKind::Build)), 1);
    }
}
