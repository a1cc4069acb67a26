use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use radiosonde_core::diagnostics;
use radiosonde_metrics::model::OVERFLOW;

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
    known: RwLock<HashMap<Box<str>, Arc<Peer>>>,
    overflow: Arc<Peer>,
    is_reported: AtomicBool,
}

/// Further servers share one label value: a client of arbitrary hosts must not create a series for each.
const SERVERS: usize = 100;

impl Peers {
    pub(crate) fn new() -> Self {
        let overflow = Arc::new(Peer { name: OVERFLOW.into(), address: OVERFLOW.into(), port: "".into() });
        Self { known: RwLock::default(), overflow, is_reported: AtomicBool::new(false) }
    }

    /// The server with this name and these parts. One look-up under a read lock; allocates only for a new one.
    pub(crate) fn get(&self, name: &str, address: &str, port: Option<u16>) -> Arc<Peer> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(peer) = known.get(name) {
            return Arc::clone(peer);
        }
        let is_full = known.len() >= SERVERS;
        drop(known);
        if is_full {
            return self.overflow(name);
        }
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if !known.contains_key(name) && known.len() >= SERVERS {
            drop(known);
            return self.overflow(name);
        }
        let port = port.map(|port| port.to_string()).unwrap_or_default();
        let make = || Arc::new(Peer { name: name.into(), address: address.into(), port: port.into() });
        Arc::clone(known.entry(name.into()).or_insert_with(make))
    }

    /// The entry of a server beyond the limit, which is reported once.
    fn overflow(&self, name: &str) -> Arc<Peer> {
        // Relaxed: no memory depends on it. Written once, as each call reads it.
        if !self.is_reported.load(Ordering::Relaxed) && !self.is_reported.swap(true, Ordering::Relaxed) {
            let message =
                format_args!("{SERVERS} called servers, the limit; {name:?} is counted as {OVERFLOW:?}");
            diagnostics::report("tower", "server limit", message);
        }
        Arc::clone(&self.overflow)
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
        // Another reader does not stop it.
        let reader = peers.known.read().unwrap();
        assert!(!peers.is_reported.load(Ordering::Relaxed));
        assert_eq!(&*peers.get("other:80", "other", Some(80)).name, OVERFLOW);
        assert!(peers.is_reported.load(Ordering::Relaxed));
        drop(reader);
        assert_eq!(&*peers.get("h0:80", "h", Some(80)).name, "h0:80");
    }
}
