//! The command line.

use std::net::{Ipv4Addr, SocketAddr};

use crate::stop::Stop;

pub(crate) const USAGE: &str = "\
shop [all]    [--base-port PORT] [--no-traffic]      all three, each a process of its own
shop gateway  [--listen ADDRESS] [--orders ADDRESS]
shop orders   [--listen ADDRESS] [--payments ADDRESS]
shop payments [--listen ADDRESS]
shop ROLE     --catalogue                            prints what the role declares, as JSON, and serves nothing

  --base-port PORT      gateway, orders and payments listen on the three ports after this one, 8080 unless
                        said otherwise; 0 takes free ones
  --no-traffic          sends no requests of its own
  --listen ADDRESS      where to serve; port 0 is a free one
  --orders, --payments  where the next service is
  --seconds N           ends after N seconds; without it, Ctrl-C or SIGTERM does
  --until-stdin-closes  ends when standard input does, for a parent that ends its children";

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Command {
    All(All),
    One(Role, One),
    Usage,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Gateway,
    Orders,
    Payments,
}

impl Role {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Gateway => "gateway",
            Self::Orders => "orders",
            Self::Payments => "payments",
        }
    }

    /// Its port is the base port and this.
    pub(crate) const fn offset(self) -> u16 {
        match self {
            Self::Gateway => 1,
            Self::Orders => 2,
            Self::Payments => 3,
        }
    }

    /// What it serves. The series exist from the start: the ratio of errors needs both, and the first error may be the first
    /// request.
    pub(crate) fn routes(self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let routes: &[_] = match self {
            Self::Gateway => &[("POST", "/orders"), ("GET", "/orders/{id}"), ("POST", "/signups")],
            Self::Orders => &[("POST", "/orders"), ("GET", "/orders/{id}")],
            Self::Payments => &[("POST", "/payments")],
        };
        routes.iter().copied()
    }

    /// Whom it calls.
    pub(crate) const fn next(self) -> Option<Self> {
        match self {
            Self::Gateway => Some(Self::Orders),
            Self::Orders => Some(Self::Payments),
            Self::Payments => None,
        }
    }

    /// Where it listens if the shop's ports start after `base_port`.
    pub(crate) fn address(self, base_port: u16) -> SocketAddr {
        let port = if base_port == 0 { 0 } else { base_port.saturating_add(self.offset()) };
        SocketAddr::from((Ipv4Addr::LOCALHOST, port))
    }
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct All {
    pub(crate) base_port: u16,
    pub(crate) traffic: bool,
    pub(crate) stop: Stop,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct One {
    pub(crate) listen: SocketAddr,
    /// Where the next service is.
    pub(crate) next: SocketAddr,
    pub(crate) stop: Stop,
    /// Print what is declared in place of serving.
    pub(crate) catalogue: bool,
}

const BASE_PORT: u16 = 8080;

pub(crate) fn parse(arguments: impl Iterator<Item = String>) -> Result<Command, String> {
    let mut arguments = arguments.peekable();
    let role = match arguments.next_if(|argument| !argument.starts_with('-')).as_deref() {
        None | Some("all") => None,
        Some("gateway") => Some(Role::Gateway),
        Some("orders") => Some(Role::Orders),
        Some("payments") => Some(Role::Payments),
        Some(other) => return Err(format!("unknown role {other}")),
    };
    let mut all = All { base_port: BASE_PORT, traffic: true, stop: Stop::default() };
    let at = |role: Role| role.address(BASE_PORT);
    let next = role.and_then(Role::next);
    let mut listen = at(role.unwrap_or(Role::Gateway));
    let mut peer = at(next.unwrap_or(Role::Payments));
    let mut catalogue = false;
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or_else(|| format!("{argument} wants a value"));
        match (argument.as_str(), role) {
            ("--base-port", None) => all.base_port = read(&argument, &value()?, "a port")?,
            ("--no-traffic", None) => all.traffic = false,
            ("--listen", Some(_)) => {
                listen = read(&argument, &value()?, "an address such as 127.0.0.1:8081")?
            }
            ("--orders", Some(Role::Gateway)) | ("--payments", Some(Role::Orders)) => {
                peer = read(&argument, &value()?, "an address such as 127.0.0.1:8082")?;
            }
            ("--catalogue", Some(_)) => {
                catalogue = true;
                // Nothing is served, so that a service that runs is not in the way.
                listen.set_port(0);
            }
            ("--seconds", _) => all.stop.seconds = Some(read(&argument, &value()?, "a whole number")?),
            ("--until-stdin-closes", _) => all.stop.with_stdin = true,
            ("--help" | "-h", _) => return Ok(Command::Usage),
            _ => return Err(format!("unknown option {argument}")),
        }
    }
    Ok(match role {
        None => Command::All(all),
        Some(role) => Command::One(role, One { listen, next: peer, stop: all.stop, catalogue }),
    })
}

fn read<T: std::str::FromStr>(option: &str, text: &str, allowed: &str) -> Result<T, String> {
    text.parse().map_err(|_| format!("{option} is {text:?}; it is {allowed}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Command, String> {
        parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn all_three_run_unless_a_role_is_named() {
        let all = All { base_port: 8080, traffic: true, stop: Stop::default() };
        assert_eq!(read(""), Ok(Command::All(all)));
        let Ok(Command::All(all)) = read("all --base-port 0 --no-traffic --seconds 3") else {
            panic!("not all")
        };
        assert_eq!((all.base_port, all.traffic, all.stop.seconds), (0, false, Some(3)));
    }

    #[test]
    fn a_role_knows_where_it_listens_and_whom_it_calls() {
        let Ok(Command::One(Role::Gateway, gateway)) = read("gateway") else { panic!("not the gateway") };
        assert_eq!((gateway.listen.port(), gateway.next.port()), (8081, 8082));
        let Ok(Command::One(Role::Orders, orders)) =
            read("orders --listen 127.0.0.1:0 --payments 127.0.0.1:9")
        else {
            panic!("not orders")
        };
        assert_eq!((orders.listen.port(), orders.next.port()), (0, 9));
    }

    #[test]
    fn a_role_prints_its_catalogue_while_another_serves() {
        let Ok(Command::One(Role::Payments, payments)) = read("payments --catalogue") else {
            panic!("not payments")
        };
        assert_eq!((payments.catalogue, payments.listen.port()), (true, 0));
        assert_eq!(read("all --catalogue").unwrap_err(), "unknown option --catalogue");
    }

    #[test]
    fn what_is_not_understood_is_said() {
        assert_eq!(read("baker").unwrap_err(), "unknown role baker");
        assert_eq!(read("payments --orders 127.0.0.1:1").unwrap_err(), "unknown option --orders");
        assert_eq!(read("--base-port high").unwrap_err(), "--base-port is \"high\"; it is a port");
    }
}
