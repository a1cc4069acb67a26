use std::error::Error;
use std::fmt;
use std::io;
use std::path::PathBuf;

use crate::transport::header::InvalidHeader;
use crate::transport::tls_options::TlsError;

/// HTTP options that cannot be used.
#[derive(Debug)]
#[non_exhaustive]
pub enum HttpOptionsError {
    /// A header is refused, or a user's name.
    Header(InvalidHeader),
    /// The file with the token or password cannot be read, or holds none.
    CredentialsFile {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
    /// The endpoint is `https`, and encryption cannot be set up.
    Tls(TlsError),
    /// The sink's protocol needs HTTP/2, and this program is built without the feature `http2`.
    NoHttp2,
}

impl From<TlsError> for HttpOptionsError {
    fn from(error: TlsError) -> Self {
        Self::Tls(error)
    }
}

impl From<InvalidHeader> for HttpOptionsError {
    fn from(error: InvalidHeader) -> Self {
        Self::Header(error)
    }
}

impl fmt::Display for HttpOptionsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Header(_) => f.write_str("a header of the requests is refused"),
            Self::CredentialsFile { path, .. } => {
                write!(f, "cannot read credentials from {:?}: expected a file with a token or password", path)
            }
            Self::Tls(error) => error.fmt(f),
            Self::NoHttp2 => f.write_str(
                "the sink needs HTTP/2 and this program is built without: expected the feature \"http2\"",
            ),
        }
    }
}

impl Error for HttpOptionsError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Header(error) => Some(error),
            Self::CredentialsFile { cause, .. } => Some(cause),
            Self::Tls(error) => error.source(),
            Self::NoHttp2 => None,
        }
    }
}
