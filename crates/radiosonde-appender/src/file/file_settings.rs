use std::time::Duration;

use radiosonde_core::deserialize;
use serde::{Deserialize, Deserializer};

use crate::file::file_options::FileOptions;
use crate::file::rotation::Rotation;

/// [`FileOptions`] in a configuration file, under the names of the methods.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct FileSettings {
    rotate: Rotation,
    rotate_at_bytes: Option<u64>,
    keep_total_bytes: Option<u64>,
    keep_files: Option<usize>,
    #[serde(deserialize_with = "deserialize::optional_duration")]
    keep_for: Option<Duration>,
    gzip: bool,
    reopen_on_sighup: bool,
    #[serde(deserialize_with = "octal")]
    mode: Option<u32>,
}

/// Permissions as `chmod` takes them, such as `"640"`.
fn octal<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
    let text = String::deserialize(deserializer)?;
    u32::from_str_radix(&text, 8).map(Some).map_err(|_| {
        serde::de::Error::custom(format_args!(
            "invalid mode {text:?}: expected an octal number, such as \"640\""
        ))
    })
}

impl From<FileSettings> for FileOptions {
    fn from(settings: FileSettings) -> Self {
        let options = Self {
            rotation: settings.rotate,
            rotate_at_bytes: settings.rotate_at_bytes,
            keep_total_bytes: settings.keep_total_bytes,
            keep_files: settings.keep_files,
            keep_for: settings.keep_for,
            mode: settings.mode,
            ..Self::new()
        };
        let options = options.gzip(settings.gzip);
        if settings.reopen_on_sighup { options.reopen_on_sighup() } else { options }
    }
}
