use std::collections::BTreeMap;
use std::fmt;

use crate::id::TraceId;
use crate::percent::{decode_percent, is_quoted};

/// The emitting service: its name, version, namespace, instance and environment, and any further attributes.
///
/// # Shape
/// Keys are OpenTelemetry's: `service.name`, `service.version`, `service.namespace`, `service.instance.id`,
/// `deployment.environment.name`. A service without a name is called `unknown_service`, one without an instance id gets a
/// random one. Immutable once built.
///
/// # Source
/// <https://opentelemetry.io/docs/specs/semconv/resource/>
///
/// ```
/// use radiosonde_core::Resource;
///
/// let resource = Resource::builder()
///     .attributes_from("service.version=1.4.2,deployment.environment.name=staging,team=pricing%20%26%20offers")?
///     .service_name("orders")
///     .build();
/// assert_eq!(resource.service_name(), "orders");
/// assert_eq!(resource.environment(), Some("staging"));
/// assert_eq!(resource.get("team"), Some("pricing & offers"));
/// # Ok::<(), radiosonde_core::InvalidResource>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource {
    attributes: BTreeMap<Box<str>, Box<str>>,
}

const NAME: &str = "service.name";
const VERSION: &str = "service.version";
const NAMESPACE: &str = "service.namespace";
const INSTANCE: &str = "service.instance.id";
const ENVIRONMENT: &str = "deployment.environment.name";
/// The name of `deployment.environment.name` before semantic conventions 1.27; still read, never written.
const ENVIRONMENT_BEFORE: &str = "deployment.environment";

impl Resource {
    /// Builds a resource, initially without attributes.
    pub fn builder() -> ResourceBuilder {
        ResourceBuilder::default()
    }

    /// A resource with a service name and a random instance id.
    #[must_use]
    pub fn new(service_name: impl Into<String>) -> Self {
        Self::builder().service_name(service_name).build()
    }

    /// `service.name`.
    #[must_use]
    pub fn service_name(&self) -> &str {
        self.get(NAME).unwrap_or("unknown_service")
    }

    /// `service.version`.
    #[must_use]
    pub fn service_version(&self) -> Option<&str> {
        self.get(VERSION)
    }

    /// `service.namespace`.
    #[must_use]
    pub fn service_namespace(&self) -> Option<&str> {
        self.get(NAMESPACE)
    }

    /// `service.instance.id`.
    #[must_use]
    pub fn instance_id(&self) -> Option<&str> {
        self.get(INSTANCE)
    }

    /// `deployment.environment.name`.
    #[must_use]
    pub fn environment(&self) -> Option<&str> {
        self.get(ENVIRONMENT)
    }

    /// Any attribute by its key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.attributes.get(key).map(AsRef::as_ref)
    }

    /// All attributes, sorted by key.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.attributes.iter().map(|(key, value)| (key.as_ref(), value.as_ref()))
    }
}

/// Collects a [`Resource`]'s attributes; the last value of a key wins.
#[must_use]
#[derive(Debug, Clone, Default)]
pub struct ResourceBuilder {
    attributes: BTreeMap<Box<str>, Box<str>>,
}

impl ResourceBuilder {
    /// Sets `service.name`.
    pub fn service_name(self, name: impl Into<String>) -> Self {
        self.attribute(NAME, name)
    }

    /// Sets `service.version`.
    pub fn service_version(self, version: impl Into<String>) -> Self {
        self.attribute(VERSION, version)
    }

    /// Sets `service.namespace`.
    pub fn service_namespace(self, namespace: impl Into<String>) -> Self {
        self.attribute(NAMESPACE, namespace)
    }

    /// Sets `service.instance.id`.
    pub fn instance_id(self, id: impl Into<String>) -> Self {
        self.attribute(INSTANCE, id)
    }

    /// Sets `deployment.environment.name`.
    pub fn environment(self, environment: impl Into<String>) -> Self {
        self.attribute(ENVIRONMENT, environment)
    }

    /// Sets any attribute. An empty key is ignored.
    pub fn attribute(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        let key = key.into();
        if !key.is_empty() {
            let key = if key == ENVIRONMENT_BEFORE { ENVIRONMENT.to_owned() } else { key };
            self.attributes.insert(key.into(), value.into().into());
        }
        self
    }

    /// Adds the attributes of `other` that are not set yet.
    pub fn or(mut self, other: Self) -> Self {
        for (key, value) in other.attributes {
            self.attributes.entry(key).or_insert(value);
        }
        self
    }

    /// Adds a comma-separated list of `key=value` pairs with percent-encoded keys and values, the form of
    /// `OTEL_RESOURCE_ATTRIBUTES`.
    ///
    /// # Errors
    /// [`InvalidResource`] with the malformed pair. The whole list is then ignored, as the specification requires.
    ///
    /// # Source
    /// <https://opentelemetry.io/docs/specs/otel/resource/sdk/#specifying-resource-information-via-an-environment-variable>
    pub fn attributes_from(mut self, list: &str) -> Result<Self, InvalidResource> {
        for (key, value) in parse_pairs(list)? {
            self = self.attribute(key, value);
        }
        Ok(self)
    }

    /// The finished resource.
    #[must_use]
    pub fn build(mut self) -> Resource {
        self.attributes.entry(NAME.into()).or_insert_with(|| "unknown_service".into());
        self.attributes.entry(INSTANCE.into()).or_insert_with(|| TraceId::random().to_string().into());
        Resource { attributes: self.attributes }
    }
}

/// Reads a comma-separated list of `key=value` pairs with percent-encoded keys and values.
///
/// # Errors
/// [`InvalidResource`] with the malformed pair.
pub fn parse_pairs(list: &str) -> Result<Vec<(String, String)>, InvalidResource> {
    list.split(',').map(str::trim).filter(|pair| !pair.is_empty()).map(parse_pair).collect()
}

fn parse_pair(pair: &str) -> Result<(String, String), InvalidResource> {
    let refuse = |kind| InvalidResource { pair: pair.into(), kind };
    let (key, value) = pair.split_once('=').ok_or_else(|| refuse(InvalidResourceKind::NoEquals))?;
    let decode =
        |text: &str| decode_percent(text.trim()).ok_or_else(|| refuse(InvalidResourceKind::Encoding));
    let key = decode(key)?;
    if key.is_empty() {
        return Err(refuse(InvalidResourceKind::NoKey));
    }
    let value = value.trim();
    // A quote has to be percent-encoded; one around the value was meant for a shell.
    if is_quoted(value, '"') {
        return Err(refuse(InvalidResourceKind::Encoding));
    }
    Ok((key, decode(value)?))
}

/// A malformed pair in a list of resource attributes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidResource {
    pair: Box<str>,
    kind: InvalidResourceKind,
}

/// Why a pair is malformed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidResourceKind {
    /// There is no `=`.
    NoEquals,
    /// The key is empty.
    NoKey,
    /// A `%` is not followed by two hexadecimal digits, the bytes are not UTF-8, or the value is in quotes.
    Encoding,
}

impl InvalidResource {
    /// Why the pair was rejected.
    #[must_use]
    pub const fn kind(&self) -> InvalidResourceKind {
        self.kind
    }
}

impl fmt::Display for InvalidResource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let why = match self.kind {
            InvalidResourceKind::NoEquals => "has no `=`",
            InvalidResourceKind::NoKey => "has no key before its `=`",
            InvalidResourceKind::Encoding => "is not percent-encoded UTF-8",
        };
        write!(f, "resource attribute {:?} {why}: expected a list `key=value,key=value`", self.pair)
    }
}

impl std::error::Error for InvalidResource {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_later_setting_wins() {
        let resource = Resource::builder().service_name("a").service_name("b").build();
        assert_eq!(resource.service_name(), "b");
    }

    #[test]
    fn a_bad_pair_is_named_and_nothing_of_the_list_is_taken() {
        let cases = [
            ("a=1,b", InvalidResourceKind::NoEquals),
            ("=1", InvalidResourceKind::NoKey),
            ("a=%4", InvalidResourceKind::Encoding),
            ("a=%zz", InvalidResourceKind::Encoding),
            ("a=%ff", InvalidResourceKind::Encoding),
            ("a=\"1\"", InvalidResourceKind::Encoding),
        ];
        for (list, kind) in cases {
            assert_eq!(Resource::builder().attributes_from(list).unwrap_err().kind(), kind, "{list}");
        }
        let error = Resource::builder().attributes_from("a=1,b").unwrap_err();
        assert_eq!(
            error.to_string(),
            "resource attribute \"b\" has no `=`: expected a list `key=value,key=value`"
        );
    }

    #[test]
    fn empty_lists_and_values_are_fine() {
        let resource = Resource::builder().attributes_from(" , a= ,").unwrap().build();
        assert_eq!(resource.get("a"), Some(""));
        assert_eq!(resource.service_name(), "unknown_service");
        assert!(resource.instance_id().is_some());
    }

    #[test]
    fn the_old_environment_key_is_read() {
        let resource = Resource::builder().attributes_from("deployment.environment=prod").unwrap().build();
        assert_eq!(resource.environment(), Some("prod"));
    }
}
