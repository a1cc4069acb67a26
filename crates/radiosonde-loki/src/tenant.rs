use std::fmt;

use radiosonde_delivery::HttpOptions;

/// Adds the header with the tenants, if there are any.
pub(crate) fn header<'a>(
    http: &HttpOptions,
    tenants: impl IntoIterator<Item = &'a str>,
) -> Result<HttpOptions, InvalidTenant> {
    let checked = tenants.into_iter().map(|tenant| check(tenant).map(|()| tenant));
    let tenants = checked.collect::<Result<Vec<_>, _>>()?.join("|");
    Ok(if tenants.is_empty() { http.clone() } else { http.clone().header("X-Scope-OrgID", tenants) })
}

/// Checks a tenant by Loki's rules, instead of a refusal of each push.
///
/// Source: <https://grafana.com/docs/loki/latest/operations/multi-tenancy/>
fn check(tenant: &str) -> Result<(), InvalidTenant> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"!-_.*'()".contains(&byte);
    let fits = (1..=150).contains(&tenant.len()) && tenant.bytes().all(allowed);
    if fits && tenant != "." && tenant != ".." {
        Ok(())
    } else {
        Err(InvalidTenant { tenant: tenant.into() })
    }
}

/// A tenant name that Loki would refuse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidTenant {
    tenant: Box<str>,
}

impl InvalidTenant {
    /// The name.
    #[must_use]
    pub fn tenant(&self) -> &str {
        &self.tenant
    }
}

impl fmt::Display for InvalidTenant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "invalid tenant {:?}: expected 1 to 150 letters, digits and !-_.*'() but neither `.` nor `..`",
            self.tenant
        )
    }
}

impl std::error::Error for InvalidTenant {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lokis_rules_hold() {
        for fine in ["a", "team-1_(x)!.*'", &"t".repeat(150)] {
            assert_eq!(check(fine), Ok(()), "{fine}");
        }
        for bad in ["", ".", "..", "a|b", "a b", "ü", &"t".repeat(151)] {
            assert!(check(bad).is_err(), "{bad}");
        }
    }
}
