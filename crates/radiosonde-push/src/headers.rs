use std::fmt;

use http::HeaderMap;
use http::header::AUTHORIZATION;
use radiosonde_delivery::secret_header;

use crate::{BuildError, encoded};

/// Headers as they were given; checked when they are made into a map.
#[derive(Clone, Default)]
pub(crate) struct Headers(Vec<(Box<str>, Box<str>)>);

impl Headers {
    pub(crate) fn add(&mut self, name: &str, value: &str) {
        self.0.push((name.into(), value.into()));
    }

    pub(crate) fn bearer(&mut self, token: &str) {
        self.add(AUTHORIZATION.as_str(), &format!("Bearer {token}"));
    }

    /// RFC 7617.
    pub(crate) fn basic(&mut self, user: &str, password: &str) {
        if user.contains(':') {
            // It would end the name there. No header may have this value, so it is refused with the others.
            return self.add(AUTHORIZATION.as_str(), "\n");
        }
        let credentials = encoded::standard(format!("{user}:{password}").as_bytes());
        self.add(AUTHORIZATION.as_str(), &format!("Basic {credentials}"));
    }

    /// The last one of a name wins; no value is ever printed.
    pub(crate) fn to_map(&self) -> Result<HeaderMap, BuildError> {
        let mut map = HeaderMap::new();
        for (name, value) in &self.0 {
            let (name, value) = secret_header(name, value).map_err(BuildError::Header)?;
            map.insert(name, value);
        }
        Ok(map)
    }
}

impl fmt::Debug for Headers {
    /// Without the values.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_with_a_colon_is_refused() {
        let basic = |user| {
            let mut headers = Headers(Vec::new());
            headers.basic(user, "secret");
            headers.to_map()
        };
        assert!(basic("a").is_ok());
        assert!(matches!(basic("a:b"), Err(BuildError::Header(error)) if error.name() == "authorization"));
    }
}
