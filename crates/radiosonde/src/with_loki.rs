use radiosonde_loki::LokiOptions;

use crate::builder::TelemetryBuilder;

impl TelemetryBuilder {
    /// Pushes lines to Loki, too. What the options leave open, the URL among it, is as the variables that start with
    /// `RADIOSONDE_LOKI_` say; without a URL, lines go nowhere. The lines' level names are those of the logs.
    ///
    /// ```
    /// use radiosonde::delivery::HttpOptions;
    /// use radiosonde::loki::LokiOptions;
    ///
    /// let http = HttpOptions::new().basic_auth_file("orders", "/run/secrets/loki");
    /// let loki = LokiOptions::new("https://logs.example").tenant("shop").label("team", "pay").http(http);
    /// let builder = radiosonde::builder().loki(loki);
    /// ```
    pub fn loki(mut self, options: LokiOptions) -> Self {
        self.code.loki = options;
        self
    }
}
