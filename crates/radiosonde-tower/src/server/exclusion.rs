use crate::server::signals::Signals;

/// Paths whose requests leave fewer signals.
#[derive(Debug, Clone)]
pub(crate) struct Exclusion {
    path: String,
    /// The path ended in `*`, which stands for any rest.
    is_prefix: bool,
    signals: Signals,
}

impl Exclusion {
    pub(crate) fn new(path: &str, signals: Signals) -> Self {
        let prefix = path.strip_suffix('*');
        Self { path: prefix.unwrap_or(path).to_owned(), is_prefix: prefix.is_some(), signals }
    }

    fn covers(&self, path: &str) -> bool {
        if self.is_prefix { path.starts_with(&*self.path) } else { path == self.path }
    }

    /// The signals that requests with this path do not leave.
    pub(crate) fn of(exclusions: &[Self], path: &str, route: Option<&str>) -> Signals {
        let covers =
            |exclusion: &&Self| exclusion.covers(path) || route.is_some_and(|route| exclusion.covers(route));
        let signals = exclusions.iter().filter(covers).map(|exclusion| exclusion.signals);
        signals.fold(Signals::NONE, Signals::with)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_a_prefix_and_a_template_are_excluded() {
        let exclusions = [
            Exclusion::new("/healthz", Signals::ALL),
            Exclusion::new("/static/*", Signals::LINE),
            Exclusion::new("/static/fonts/*", Signals::SPAN),
            Exclusion::new("/users/{id}", Signals::METRICS),
        ];
        let excluded = |path, route| Exclusion::of(&exclusions, path, route);
        assert_eq!(excluded("/healthz", None), Signals::ALL);
        assert_eq!(excluded("/healthz/more", None), Signals::NONE);
        assert_eq!(excluded("/static/fonts/a", Some("/static/{*path}")), Signals::LINE | Signals::SPAN);
        assert_eq!(excluded("/users/7", Some("/users/{id}")), Signals::METRICS);
    }
}
