use crate::listening::door::{Door, Plain};
use crate::listening::tls::{InvalidTls, Tls};

/// Without the feature `tls` no door encrypts.
pub(crate) fn acceptor(tls: &Tls) -> Result<impl Door, InvalidTls> {
    tls.read()?;
    let what = "this program is built without TLS: expected the feature \"tls\" of radiosonde-admin";
    Err::<Plain, _>(InvalidTls::new(what))
}
