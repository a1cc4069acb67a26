use std::collections::BTreeSet;

use crate::document::Node;

/// A receiver, and an example of its configuration: comments that are valid YAML without their `#`.
pub(crate) struct Receiver {
    pub(crate) name: &'static str,
    example: &'static str,
}

/// Alerts that somebody has to act on now.
pub(crate) const PAGE: Receiver = Receiver {
    name: "page",
    example: "#    pagerduty_configs:
#      - routing_key_file: secrets/pagerduty
#        severity: '{{ .CommonLabels.severity }}'
#        description: '{{ .CommonAnnotations.summary }}'
#        links: [{ text: runbook, href: '{{ .CommonAnnotations.runbook_url }}' }]
#    webhook_configs:
#      - url: http://127.0.0.1:8084/page
#        http_config: { authorization: { credentials_file: secrets/webhook } }
",
};

/// Work for one of the next days.
pub(crate) const TICKET: Receiver = Receiver {
    name: "ticket",
    example: "#    email_configs:
#      - to: tickets@example.com
#        from: alertmanager@example.com
#        smarthost: smtp.example.com:587
#        auth_username: alertmanager@example.com
#        auth_password_file: secrets/smtp
#        headers: { subject: '{{ .CommonLabels.alertname }}: {{ .CommonAnnotations.summary }}' }
#        send_resolved: true
",
};

/// Every alert, for reading along.
pub(crate) const CHAT: Receiver = Receiver {
    name: "chat",
    example: "#    slack_configs:
#      - api_url_file: secrets/slack
#        channel: '#alerts'
#        send_resolved: true
#        title: '{{ .Status | toUpper }} {{ .CommonLabels.alertname }}'
#        text: '{{ range .Alerts }}{{ .Annotations.summary }} (since {{ .StartsAt }}){{ \"\\n\" }}{{ end }}'
#        actions: [{ type: button, text: Runbook, url: '{{ .CommonAnnotations.runbook_url }}' }]
",
};

impl Receiver {
    /// The name of the same receiver of a team.
    pub(crate) fn of(&self, owner: &str) -> String {
        format!("{}-{owner}", self.name)
    }

    /// Its entry in the list of receivers.
    pub(crate) fn entry(&self) -> String {
        format!("  - name: {}\n{}", self.name, self.example)
    }

    /// The entries of each team.
    pub(crate) fn entries_of(&self, owners: &BTreeSet<&str>) -> String {
        owners.iter().map(|owner| format!("  - name: {}\n", scalar(&self.of(owner)))).collect()
    }
}

/// A text as a value of YAML.
pub(crate) fn scalar(text: &str) -> String {
    Node::from(text).to_yaml().trim_end().to_owned()
}
