//! The three tables that are printed.

use crate::estimate::Estimate;
use crate::measured::Measured;
use crate::needs;
use crate::options::Options;
use crate::table::table;

/// What one instance exposes and sends: the only table whose numbers differ a little between runs.
pub(crate) fn measured(measured: &Measured) -> String {
    let rows = measured.named().map(|(name, number)| [name.to_owned(), number.to_string()]);
    table(["One instance, measured", ""], &rows)
}

/// What follows from it.
pub(crate) fn follows(options: &Options, measured: &Measured) -> String {
    let estimate = Estimate::of(options, measured);
    let estimates = table(["All of them", "", "by"], &estimate.rows(options));
    let needs = table(["Setting", "Necessary from", "Here", ""], &needs::rows(options, &estimate));
    format!("{estimates}\n{needs}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = include_str!("../../../docs/scale.md");

    #[test]
    fn the_page_shows_what_follows_from_the_numbers_it_shows() {
        let written = Measured::from_named(|name| {
            let start = format!("| {name} | ");
            let rest = PAGE.lines().find_map(|line| line.strip_prefix(&*start)).unwrap();
            rest.trim_end_matches(" |").parse().unwrap()
        });
        let follows = follows(&Options::default(), &written);
        assert!(PAGE.contains(&follows), "docs/scale.md does not have:\n{follows}");

        // And the numbers are about those of a run: durations, and with them buckets and exemplars, depend on how busy the machine is.
        for ((name, written), (_, now)) in
            written.named().iter().zip(crate::measured::measure().unwrap().named())
        {
            let (written, now) = (*written as f64, now as f64);
            assert!(
                (written - now).abs() <= 0.25 * written.max(4.0),
                "{name}: docs/scale.md has {written}, a run {now}"
            );
        }
    }

    #[test]
    fn a_larger_fleet_needs_more_settings() {
        let measured = Measured::from_named(|_| 200);
        let needed = |options: &Options| follows(options, &measured).matches("**needed**").count();
        let small = Options { lines: 10, spans: 10, metrics_days: 15, ..Options::default() };
        assert_eq!(needed(&small), 0, "{}", follows(&small, &measured));
        let large = Options {
            services: 2000,
            instances: 100_000,
            lines: 50_000_000,
            spans: 50_000_000,
            ..Options::default()
        };
        let text = follows(&large, &measured);
        assert_eq!(needed(&large), 11, "{text}");
        assert!(
            text.contains(
                "more than one Prometheus | more than 8.39 million series | 20.5 million series | **needed**"
            ),
            "{text}"
        );
    }
}
