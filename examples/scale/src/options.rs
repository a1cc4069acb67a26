//! The command line.

pub(crate) const USAGE: &str = "\
scale [--services N] [--instances N] [--lines N] [--spans N] [--scrape-seconds N]
      [--metrics-days N] [--logs-days N] [--traces-days N]

  --services N        services, default: 20
  --instances N       instances of all services together, default: 200
  --lines N           log lines per second of all instances, default: 2000
  --spans N           spans per second of all instances, default: 5000
  --scrape-seconds N  seconds between two scrapes of an instance, default: 15
  --metrics-days N    days that Prometheus keeps samples, default: 30
  --logs-days N       days that Loki keeps lines, default: 7
  --traces-days N     days that a trace store keeps spans, default: 7";

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Options {
    pub(crate) services: u32,
    pub(crate) instances: u32,
    pub(crate) lines: u32,
    pub(crate) spans: u32,
    pub(crate) scrape_seconds: u32,
    pub(crate) metrics_days: u32,
    pub(crate) logs_days: u32,
    pub(crate) traces_days: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            services: 20,
            instances: 200,
            lines: 2000,
            spans: 5000,
            scrape_seconds: 15,
            metrics_days: 30,
            logs_days: 7,
            traces_days: 7,
        }
    }
}

impl Options {
    /// `None` for `--help`.
    pub(crate) fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Option<Self>, String> {
        let mut options = Self::default();
        while let Some(argument) = arguments.next() {
            let place = match argument.as_str() {
                "--services" => &mut options.services,
                "--instances" => &mut options.instances,
                "--lines" => &mut options.lines,
                "--spans" => &mut options.spans,
                "--scrape-seconds" => &mut options.scrape_seconds,
                "--metrics-days" => &mut options.metrics_days,
                "--logs-days" => &mut options.logs_days,
                "--traces-days" => &mut options.traces_days,
                "--help" | "-h" => return Ok(None),
                other => return Err(format!("unknown option {other:?}: expected one of those below")),
            };
            let text = arguments
                .next()
                .ok_or_else(|| format!("{argument} has no value: expected a whole number from 1"))?;
            *place = text
                .parse()
                .ok()
                .filter(|number| *number > 0)
                .ok_or_else(|| format!("invalid {argument} {text:?}: expected a whole number from 1"))?;
        }
        if options.instances < options.services {
            let Self { services, instances, .. } = options;
            return Err(format!(
                "invalid --instances \"{instances}\": expected at least one for each of the {services} services"
            ));
        }
        Ok(Some(options))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Option<Options>, String> {
        Options::parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn every_option_is_read() {
        let line = "--services 1 --instances 2 --lines 3 --spans 4 --scrape-seconds 5 --metrics-days 6 --logs-days 7 --traces-days 8";
        let expected = Options {
            services: 1,
            instances: 2,
            lines: 3,
            spans: 4,
            scrape_seconds: 5,
            metrics_days: 6,
            logs_days: 7,
            traces_days: 8,
        };
        assert_eq!(parse(line), Ok(Some(expected)));
        assert_eq!(parse(""), Ok(Some(Options::default())));
        assert_eq!(parse("--help"), Ok(None));
    }

    #[test]
    fn an_error_names_the_option_the_value_and_what_is_expected() {
        let errors = ["--lines many", "--lines 0", "--spans", "--fast", "--instances 3"]
            .map(|line| parse(line).unwrap_err());
        assert_eq!(
            errors,
            [
                r#"invalid --lines "many": expected a whole number from 1"#,
                r#"invalid --lines "0": expected a whole number from 1"#,
                "--spans has no value: expected a whole number from 1",
                r#"unknown option "--fast": expected one of those below"#,
                r#"invalid --instances "3": expected at least one for each of the 20 services"#,
            ]
        );
    }
}
