use crate::listening::handshake::{Handshake, Plain};
use crate::listening::tls::{InvalidTls, Tls};

/// Fails: the feature `tls` is off.
pub(crate) fn acceptor(tls: &Tls) -> Result<impl Handshake, InvalidTls> {
    tls.read()?;
    let what = "this program is built without TLS: expected the feature \"tls\" of radiosonde-admin";
    Err::<Plain, _>(InvalidTls::new(what))
}
