use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{AUTHORIZATION, HeaderValue};
use radiosonde_core::{Secret, diagnostics};
use tokio::time::timeout;

use crate::transport::header::{InvalidHeader, InvalidHeaderKind, secret_header};
use crate::transport::http_options_error::HttpOptionsError;

/// A longer file is not a token.
const MAX_FILE_BYTES: u64 = 64 * 1024;

/// How long a request waits for the file; a file system that hangs must not block the delivery thread.
const READ_TIMEOUT: Duration = Duration::from_secs(1);

/// The source of the `Authorization` header.
#[derive(Debug, Clone)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub(crate) enum Authorization {
    Bearer(Secret<String>),
    BearerFile(PathBuf),
    Basic { user: String, password: Secret<String> },
    BasicFile { user: String, password_file: PathBuf },
}

impl Authorization {
    /// Reads the file, if any: a path that is wrong at the start is refused.
    pub(crate) fn prepare(&self) -> Result<Credentials, HttpOptionsError> {
        let (scheme, path) = match self {
            Self::Bearer(token) => return Ok(Credentials::Fixed(Scheme::Bearer.header(token.expose())?)),
            Self::Basic { user, password } => {
                let value = Scheme::basic(user)?.header(password.expose())?;
                return Ok(Credentials::Fixed(value));
            }
            Self::BearerFile(path) => (Scheme::Bearer, path),
            Self::BasicFile { user, password_file } => (Scheme::basic(user)?, password_file),
        };
        let cause = |cause| HttpOptionsError::CredentialsFile { path: path.clone(), cause };
        let latest = RwLock::new(scheme.read(path).map_err(cause)?);
        let reading = Arc::default();
        Ok(Credentials::File(Arc::new(CredentialsFile { path: path.clone(), scheme, latest, reading })))
    }
}

#[derive(Debug, Clone)]
enum Scheme {
    Bearer,
    Basic { user: String },
}

impl Scheme {
    fn basic(user: &str) -> Result<Self, InvalidHeader> {
        // It would end the user name.
        if user.contains(':') {
            return Err(InvalidHeader::new(AUTHORIZATION.as_str(), InvalidHeaderKind::User));
        }
        Ok(Self::Basic { user: user.into() })
    }

    /// `Basic` is base64 of `user:password`, RFC 7617.
    fn header(&self, secret: &str) -> Result<HeaderValue, InvalidHeader> {
        let value = match self {
            Self::Bearer => format!("Bearer {secret}"),
            Self::Basic { user } => format!("Basic {}", STANDARD.encode(format!("{user}:{secret}"))),
        };
        secret_header(AUTHORIZATION.as_str(), &value).map(|(_, value)| value)
    }

    fn read(&self, path: &Path) -> io::Result<HeaderValue> {
        let mut text = String::new();
        File::open(path)?.take(MAX_FILE_BYTES + 1).read_to_string(&mut text)?;
        let invalid = |why: &str| io::Error::new(io::ErrorKind::InvalidData, why);
        match text.trim() {
            "" => Err(invalid("the file is empty")),
            _ if text.len() as u64 > MAX_FILE_BYTES => Err(invalid("the file is longer than 64 KiB")),
            secret => self.header(secret).map_err(io::Error::other),
        }
    }
}

/// Checked credentials.
#[derive(Debug, Clone)]
pub(crate) enum Credentials {
    Fixed(HeaderValue),
    File(Arc<CredentialsFile>),
}

impl Credentials {
    /// The current value of the header.
    pub(crate) async fn header(&self) -> HeaderValue {
        match self {
            Self::Fixed(value) => value.clone(),
            Self::File(file) => file.header().await,
        }
    }
}

/// A secret in a file, read before each request, so that a rotated one is used at once.
#[derive(Debug)]
pub(crate) struct CredentialsFile {
    path: PathBuf,
    scheme: Scheme,
    /// The last one read.
    latest: RwLock<HeaderValue>,
    /// Locked while the file is read, so that others do not join a read that hangs.
    reading: Arc<tokio::sync::Mutex<()>>,
}

impl CredentialsFile {
    async fn header(self: &Arc<Self>) -> HeaderValue {
        if let Err(error) = self.refresh().await {
            let path = self.path.display();
            diagnostics::report(
                "credentials",
                "file",
                format_args!("cannot read {path}, so the last credentials are sent again: {error}"),
            );
        }
        self.latest.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn refresh(self: &Arc<Self>) -> io::Result<()> {
        let late = || io::Error::from(io::ErrorKind::TimedOut);
        let Ok(reading) = Arc::clone(&self.reading).try_lock_owned() else { return Err(late()) };
        let this = Arc::clone(self);
        let read = tokio::task::spawn_blocking(move || {
            let value = this.scheme.read(&this.path)?;
            *this.latest.write().unwrap_or_else(PoisonError::into_inner) = value;
            drop(reading);
            Ok(())
        });
        timeout(READ_TIMEOUT, read).await.map_err(|_| late())?.map_err(io::Error::other)?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fixed(authorization: &Authorization) -> String {
        match authorization.prepare().unwrap() {
            Credentials::Fixed(value) => value.to_str().unwrap().to_owned(),
            Credentials::File(_) => panic!("no file was given"),
        }
    }

    #[test]
    fn basic_is_the_example_of_its_specification() {
        // https://www.rfc-editor.org/rfc/rfc7617#section-2
        let basic =
            Authorization::Basic { user: "Aladdin".into(), password: Secret::new("open sesame".into()) };
        assert_eq!(fixed(&basic), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
        let bearer = Authorization::Bearer(Secret::new("t0ken".into()));
        assert_eq!(fixed(&bearer), "Bearer t0ken");
        assert!(!format!("{basic:?} {bearer:?} {:?}", basic.prepare()).contains("sesame"));
    }

    #[test]
    fn a_user_with_a_colon_is_refused() {
        let basic = Authorization::Basic { user: "a:b".into(), password: Secret::new("hunter2".into()) };
        let error = basic.prepare().unwrap_err();
        assert!(
            matches!(&error, HttpOptionsError::Header(error) if error.kind() == InvalidHeaderKind::User),
            "{error:?}"
        );
    }

    #[test]
    fn a_file_that_holds_no_secret_is_refused_with_its_path() {
        let directory = std::env::temp_dir().join(format!("radiosonde-credentials-{}", std::process::id()));
        std::fs::create_dir_all(&directory).unwrap();
        let path = directory.join("token");
        let prepare = || Authorization::BearerFile(path.clone()).prepare().map(drop);
        let long = "x".repeat(70_000);
        for content in [None, Some(""), Some(" \n"), Some("a\nhunter2"), Some(&*long)] {
            if let Some(content) = content {
                std::fs::write(&path, content).unwrap();
            }
            let error = prepare().unwrap_err();
            assert!(
                error.to_string().contains("token") && !format!("{error:?}").contains("hunter2"),
                "{error:?}"
            );
        }
        std::fs::write(&path, "t0ken\n").unwrap();
        assert!(prepare().is_ok());
        std::fs::remove_dir_all(&directory).unwrap();
    }
}
