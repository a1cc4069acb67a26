/// Names of services, numbered.
#[derive(Debug, Default)]
pub(crate) struct Services {
    names: Vec<Box<str>>,
    /// The number that was looked up last: most processes log for one service.
    last: usize,
}

impl Services {
    /// Further names share the last number.
    pub(crate) const MOST: usize = 64;

    pub(crate) const OVERFLOW: &'static str = "_overflow";

    const UNKNOWN: &'static str = "unknown";

    pub(crate) fn number(&mut self, name: &str) -> usize {
        let name = if name.is_empty() { Self::UNKNOWN } else { name };
        if self.names.get(self.last).is_none_or(|last| **last != *name) {
            self.last =
                self.names.iter().position(|known| **known == *name).unwrap_or_else(|| self.add(name));
        }
        self.last
    }

    fn add(&mut self, name: &str) -> usize {
        if self.names.len() < Self::MOST - 1 {
            self.names.push(name.into());
        } else if self.names.len() == Self::MOST - 1 {
            self.names.push(Self::OVERFLOW.into());
        }
        self.names.len() - 1
    }

    pub(crate) fn name(&self, number: usize) -> &str {
        self.names.get(number).map_or(Self::UNKNOWN, |name| name)
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(|name| &**name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_beyond_the_most_share_a_number() {
        let mut services = Services::default();
        let numbers: Vec<usize> = (0..100).map(|at| services.number(&format!("service-{at}"))).collect();
        assert_eq!(numbers[..63], (0..63).collect::<Vec<_>>());
        assert!(numbers[63..].iter().all(|&number| number == 63));
        assert_eq!(services.number("service-5"), 5);
        assert_eq!(services.names().count(), Services::MOST);
        assert_eq!(services.names().last(), Some(Services::OVERFLOW));
    }

    #[test]
    fn a_service_without_a_name_is_unknown() {
        let mut services = Services::default();
        assert_eq!((services.number(""), services.number("unknown")), (0, 0));
        assert_eq!(services.names().collect::<Vec<_>>(), ["unknown"]);
    }
}
