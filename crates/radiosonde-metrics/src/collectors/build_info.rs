use radiosonde_core::Resource;

use crate::collect::collection::Collection;
use crate::collect::collector::Collector;
use crate::model::kind::Kind;
use crate::model::label_set::LabelSet;
use crate::model::samples::Number;
use crate::registry::Registry;

impl Registry {
    /// Exposes `build_info`, always 1, with the labels `service`, `version`, `namespace` and `environment` as far as `resource` has them.
    ///
    /// Join it to other metrics to see what changed with a version. Calling it twice changes nothing.
    pub fn expose_build_info(&self, resource: &Resource) {
        let labels = [
            ("service", Some(resource.service_name())),
            ("version", resource.service_version()),
            ("namespace", resource.service_namespace()),
            ("environment", resource.environment()),
        ];
        let labels = LabelSet::new(labels.into_iter().filter_map(|(name, value)| Some((name, value?))));
        self.collect_once("build_info", BuildInfo(labels));
    }
}

struct BuildInfo(LabelSet);

impl Collector for BuildInfo {
    fn collect(&self, out: &mut Collection) {
        let family = out.family("build_info", "Build of the service; always 1.", Kind::Info);
        family.number(self.0.clone(), Number::Unsigned(1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_the_resource_knows() {
        let registry = Registry::new();
        let resource = Resource::builder().service_name("orders").service_version("1.4.2").build();
        registry.expose_build_info(&resource);
        assert!(registry.text().contains("build_info{service=\"orders\",version=\"1.4.2\"} 1\n"));
    }
}
