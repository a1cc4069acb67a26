use std::time::Duration;

/// A duration of PromQL with the largest unit that divides it: `5m`, `3d`, `90s`, `1500ms`.
///
/// Source: <https://prometheus.io/docs/prometheus/latest/querying/basics/#time-durations>
pub(crate) fn promql_duration(duration: Duration) -> String {
    const UNITS: [(u128, &str); 4] = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1000, "s")];
    let millis = duration.as_millis();
    let unit = UNITS.into_iter().find(|(unit, _)| millis >= *unit && millis.is_multiple_of(*unit));
    let (unit, name) = unit.unwrap_or((1, "ms"));
    format!("{}{name}", millis / unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_unit_that_divides_a_duration_is_used() {
        let shown = [0, 1, 1500, 90_000, 300_000, 3_600_000, 5_400_000, 86_400_000, 2_592_000_000]
            .map(|millis| promql_duration(Duration::from_millis(millis)));
        assert_eq!(shown, ["0ms", "1ms", "1500ms", "90s", "5m", "1h", "90m", "1d", "30d"]);
    }
}
