/// The full name of the called method, `package.Service/Method`; `None` for a path that does not name one.
pub(crate) fn of_path(path: &str) -> Option<&str> {
    let name = path.strip_prefix('/')?;
    let (service, method) = name.split_once('/')?;
    let is_name = |part: &str, also: &[u8]| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || also.contains(&byte))
    };
    (name.len() <= MAX_LENGTH && is_name(service, b"._") && is_name(method, b"_")).then_some(name)
}

/// Longer than the names of any real service, and short enough for a label.
const MAX_LENGTH: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_names_a_service_and_a_method() {
        assert_eq!(of_path("/shop.v1.Orders/Get"), Some("shop.v1.Orders/Get"));
        assert_eq!(of_path("/Orders/get_all"), Some("Orders/get_all"));
    }

    #[test]
    fn any_other_path_names_none() {
        let long = format!("/shop.Orders/{}", "x".repeat(MAX_LENGTH));
        for path in ["", "/", "Orders/Get", "/Orders", "/Orders/", "//Get", "/a/b/c", "/Orders/%00", &long] {
            assert_eq!(of_path(path), None, "{path:?}");
        }
    }
}
