use std::sync::Arc;

use radiosonde_metrics::model::OVERFLOW;
use radiosonde_signals::BoundedNames;

/// A called server: the bounded part of a call's labels.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Peer {
    /// Host and port.
    pub(crate) name: Box<str>,
    pub(crate) address: Box<str>,
    /// Empty if it is unknown.
    pub(crate) port: Box<str>,
}

/// The known servers, at most a fixed number; further ones share one entry.
#[derive(Debug)]
pub(crate) struct Peers {
    known: BoundedNames<Peer>,
    overflow: Arc<Peer>,
}

/// Further servers share one label value: a client of arbitrary hosts must not create a series for each.
const SERVERS: usize = 100;

impl Peers {
    pub(crate) fn new() -> Self {
        let overflow = Arc::new(Peer { name: OVERFLOW.into(), address: OVERFLOW.into(), port: "".into() });
        Self { known: BoundedNames::new("called servers", SERVERS), overflow }
    }

    /// The server with this name and these parts. One look-up without a lock; allocates only for a new one.
    pub(crate) fn get(&self, name: &str, address: &str, port: Option<u16>) -> Arc<Peer> {
        let port = || port.map(|port| port.to_string()).unwrap_or_default().into();
        let make = || Peer { name: name.into(), address: address.into(), port: port() };
        self.known.admit(name, make).unwrap_or_else(|| Arc::clone(&self.overflow))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_beyond_the_limit_share_one_entry() {
        let peers = Peers::new();
        for at in 0..SERVERS {
            assert_eq!(&*peers.get(&format!("h{at}:80"), "h", Some(80)).port, "80");
        }
        assert_eq!(&*peers.get("other:80", "other", Some(80)).name, OVERFLOW);
        assert_eq!(&*peers.get("h0:80", "h", Some(80)).name, "h0:80");
    }
}
