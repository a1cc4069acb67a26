use std::time::Duration;

use serde_json::{Value, json};

use crate::requests::live_request::{LiveRequest, LiveRequests};

impl LiveRequests {
    pub(crate) fn to_json(&self) -> String {
        let requests: Vec<Value> = self.requests.iter().map(LiveRequest::to_json).collect();
        let list = json!({
            "are_recorded": self.are_recorded,
            "total": self.total,
            "requests": requests,
        });
        format!("{list}\n")
    }
}

impl LiveRequest {
    fn to_json(&self) -> Value {
        let current = self.current_span.as_ref();
        json!({
            "age_ms": millis(self.age),
            "method": self.method,
            "route": self.route,
            "path": self.path,
            "trace_id": self.trace_id.to_string(),
            "request_id": self.request_id,
            "current_span": current.map(|(name, _)| name),
            "current_span_age_ms": current.map(|(_, age)| millis(*age)),
        })
    }
}

fn millis(age: Duration) -> u64 {
    u64::try_from(age.as_millis()).unwrap_or(u64::MAX)
}
