//! The command line.

use std::net::{Ipv4Addr, SocketAddr};

pub(crate) const USAGE: &str = "\
quickstart [--listen ADDRESS] [--seconds N] [--no-traffic]

  --listen ADDRESS  where to serve; 127.0.0.1:8080 unless said otherwise, port 0 is a free one
  --seconds N       ends after N seconds; without it, Ctrl-C or SIGTERM does
  --no-traffic      sends itself no requests";

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Options {
    pub(crate) listen: SocketAddr,
    pub(crate) seconds: Option<u64>,
    pub(crate) traffic: bool,
}

impl Options {
    /// `None` if it is the usage that was asked for.
    pub(crate) fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Option<Self>, String> {
        let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 8080));
        let mut options = Self { listen, seconds: None, traffic: true };
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or_else(|| format!("{argument} wants a value"));
            match argument.as_str() {
                "--listen" => {
                    let text = value()?;
                    let wrong = |_| format!("--listen is {text:?}; it is an address such as 127.0.0.1:8080");
                    options.listen = text.parse().map_err(wrong)?;
                }
                "--seconds" => {
                    let text = value()?;
                    let wrong = |_| format!("--seconds is {text:?}; it is a whole number");
                    options.seconds = Some(text.parse().map_err(wrong)?);
                }
                "--no-traffic" => options.traffic = false,
                "--help" | "-h" => return Ok(None),
                other => return Err(format!("unknown option {other}")),
            }
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
        let options = parse("--listen 127.0.0.1:0 --seconds 3 --no-traffic").unwrap().unwrap();
        assert_eq!(options.listen.port(), 0);
        assert_eq!((options.seconds, options.traffic), (Some(3), false));
        assert_eq!(parse("").unwrap().unwrap().listen.port(), 8080);
        assert_eq!(parse("--help"), Ok(None));
    }

    #[test]
    fn what_is_not_understood_is_said() {
        assert_eq!(parse("--seconds soon").unwrap_err(), "--seconds is \"soon\"; it is a whole number");
        assert_eq!(parse("--listen").unwrap_err(), "--listen wants a value");
        assert_eq!(parse("--fast").unwrap_err(), "unknown option --fast");
    }
}
