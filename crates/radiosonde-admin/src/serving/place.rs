use std::fmt::Write as _;

use crate::health::handle::Health;
use crate::metrics::service::MetricsService;
use crate::serving::levels_part::LevelsPart;
use crate::serving::parts::Parts;
use crate::serving::requests_part::RequestsPart;

pub(crate) const LIVEZ: &str = "/livez";
pub(crate) const READYZ: &str = "/readyz";
pub(crate) const LEVELS: &str = "/levels";
pub(crate) const REQUESTS: &str = "/debug/requests";
pub(crate) const INDEX: &str = "/";

/// What a path serves.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Place<'a> {
    Metrics(&'a MetricsService),
    Livez(&'a Health),
    Readyz(&'a Health),
    Levels(&'a LevelsPart),
    Requests(&'a RequestsPart),
    Index,
}

impl Place<'_> {
    const fn description(self) -> &'static str {
        match self {
            Self::Metrics(_) => "metrics for Prometheus",
            Self::Livez(_) => "200 if the process is alive, 503 if it needs a restart",
            Self::Readyz(_) => "200 if it can serve requests, else 503",
            Self::Levels(_) => "log levels; PUT changes them",
            Self::Requests(_) => "requests in flight, the oldest first",
            Self::Index => "this list",
        }
    }
}

impl Parts {
    /// The place at this path; `None` if nothing is served there.
    pub(crate) fn place(&self, path: &str) -> Option<Place<'_>> {
        let path =
            path.strip_prefix(&*self.prefix).filter(|rest| rest.is_empty() || rest.starts_with('/'))?;
        let path = if path.is_empty() { INDEX } else { path };
        self.places().find(|(at, _)| *at == path).map(|(_, place)| place)
    }

    /// The paths that are served, without the prefix.
    fn places(&self) -> impl Iterator<Item = (&str, Place<'_>)> {
        let places = [
            self.metrics.as_ref().map(|metrics| (metrics.path(), Place::Metrics(metrics))),
            self.health.as_ref().map(|health| (LIVEZ, Place::Livez(health))),
            self.health.as_ref().map(|health| (READYZ, Place::Readyz(health))),
            self.levels.as_ref().map(|levels| (LEVELS, Place::Levels(levels))),
            self.requests.as_ref().map(|requests| (REQUESTS, Place::Requests(requests))),
            Some((INDEX, Place::Index)),
        ];
        places.into_iter().flatten()
    }

    /// The paths that are served, as a page.
    pub(crate) fn index(&self) -> String {
        let mut text = String::new();
        let prefix = &self.prefix;
        let width = self.places().map(|(path, _)| path.len()).max().unwrap_or_default();
        for (path, place) in self.places() {
            // Writing to a `String` cannot fail.
            let _ = writeln!(text, "{prefix}{path:<width$}  {}", place.description());
        }
        text
    }

    /// The same, as the end of a sentence.
    pub(crate) fn expected(&self) -> String {
        let paths: Vec<_> = self.places().map(|(path, _)| format!("{}{path}", self.prefix)).collect();
        paths.join(", ")
    }
}
