use std::collections::HashSet;
use std::io;
use std::net::TcpListener;
use std::sync::{LazyLock, Mutex, PoisonError};

/// Ports this process has assigned: the system may offer one again before its program listens there.
static GIVEN: LazyLock<Mutex<HashSet<u16>>> = LazyLock::new(Mutex::default);

/// A TCP port of 127.0.0.1 where nothing listens, never the same one twice in this process.
///
/// For a backend that should be absent. Another process may take the port at any time, so a program that listens there must
/// be able to retry with another one, as the backends of this crate do.
///
/// # Panics
/// When the machine has no free port left.
///
/// # Examples
/// ```
/// let absent = e2e::free_port();
/// assert!(std::net::TcpStream::connect(("127.0.0.1", absent)).is_err());
/// ```
#[must_use]
#[expect(clippy::panic, reason = "a machine without a free port fails the test")]
pub fn free_port() -> u16 {
    let mut given = GIVEN.lock().unwrap_or_else(PoisonError::into_inner);
    loop {
        match bound_port() {
            Ok(port) if given.insert(port) => return port,
            Ok(_) => {}
            Err(error) => panic!("no free port on 127.0.0.1: {error}"),
        }
    }
}

fn bound_port() -> io::Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_given_once() {
        let ports: HashSet<u16> = (0..200).map(|_| free_port()).collect();
        assert_eq!(ports.len(), 200);
    }

    #[test]
    fn a_given_port_can_be_listened_on() {
        TcpListener::bind(("127.0.0.1", free_port())).unwrap();
    }
}
