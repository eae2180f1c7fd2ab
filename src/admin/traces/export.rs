//! A trace as a file. What is masked is a variable.

use serde_json::{Value, json};

use super::{
    TraceView,
    commands::{encoded, scheme, variable},
};
use crate::trace::{Encoding, Sent};

/// The trace as a Postman collection (format 2.1), which Bruno and Insomnia read, too. What is masked is a
/// variable of the collection.
pub fn postman(issuer: &str, trace: &TraceView) -> Value {
    let placeholder = |sent: &Sent| {
        let value = sent.value.clone();
        value.unwrap_or_else(|| format!("{{{{{}}}}}", variable(&sent.name)))
    };
    let items: Vec<_> = trace
        .steps
        .iter()
        .map(|step| {
            let pairs: Vec<_> = step
                .step
                .sent
                .iter()
                .map(|sent| json!({ "key": sent.name, "value": placeholder(sent) }))
                .collect();
            let is_query = step.step.encoding == Encoding::Query;
            let mut request = json!({
                "method": step.step.method,
                "header": step.step.authorization.iter().map(|sent| {
                    json!({ "key": "Authorization", "value": format!("{} {{{{TOKEN}}}}", scheme(&sent.name)) })
                }).collect::<Vec<_>>(),
                "url": {
                    "raw": format!("{issuer}{}", step.step.path),
                    "query": if is_query { pairs.clone() } else { Vec::new() },
                },
            });
            request["body"] = match step.step.encoding {
                Encoding::Query => Value::Null,
                Encoding::Form => json!({ "mode": "urlencoded", "urlencoded": pairs }),
                Encoding::Json => {
                    let members = step.step.sent.iter().map(|sent| (sent.name.clone(), placeholder(sent).into()));
                    let raw = Value::Object(members.collect()).to_string();
                    json!({ "mode": "raw", "raw": raw, "options": { "raw": { "language": "json" } } })
                }
            };
            json!({ "name": format!("{} {}", step.step.method, step.step.path), "request": request })
        })
        .collect();
    json!({
        "info": {
            "name": format!("Trace {}", trace.item.id),
            "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json",
        },
        "item": items,
    })
}

/// The trace in HAR 1.2, which browsers and other tools open.
pub fn har(issuer: &str, trace: &TraceView) -> Value {
    let entries: Vec<_> = trace
        .steps
        .iter()
        .map(|step| {
            let pairs: Vec<_> = step
                .step
                .sent
                .iter()
                .map(|sent| {
                    let value = sent.value.clone();
                    let value = value.unwrap_or_else(|| format!("${}", variable(&sent.name)));
                    json!({ "name": sent.name, "value": value })
                })
                .collect();
            let text: Vec<_> = step
                .step
                .sent
                .iter()
                .map(|sent| format!("{}={}", sent.name, encoded(sent)))
                .collect();
            let is_query = step.step.encoding == Encoding::Query;
            let mut url = format!("{issuer}{}", step.step.path);
            if is_query && !text.is_empty() {
                url = format!("{url}?{}", text.join("&"));
            }
            let mut request = json!({
                "method": step.step.method,
                "url": url,
                "httpVersion": "HTTP/1.1",
                "cookies": [],
                "headers": step.step.authorization.iter().map(|sent| {
                    json!({ "name": "Authorization", "value": format!("{} $TOKEN", scheme(&sent.name)) })
                }).collect::<Vec<_>>(),
                "queryString": if is_query { pairs.clone() } else { Vec::new() },
                "headersSize": -1,
                "bodySize": -1,
            });
            if !is_query && !pairs.is_empty() {
                let mime = match step.step.encoding {
                    Encoding::Json => "application/json",
                    _ => "application/x-www-form-urlencoded",
                };
                request["postData"] = json!({ "mimeType": mime, "params": pairs, "text": "" });
            }
            json!({
                "startedDateTime": step.at,
                "time": step.milliseconds,
                "request": request,
                "response": {
                    "status": step.step.status,
                    "statusText": "",
                    "httpVersion": "HTTP/1.1",
                    "cookies": [],
                    "headers": [],
                    "content": { "size": -1, "mimeType": "" },
                    "redirectURL": step.step.to.clone().unwrap_or_default(),
                    "headersSize": -1,
                    "bodySize": -1,
                },
                "cache": {},
                "timings": { "send": 0, "wait": step.milliseconds, "receive": 0 },
                "comment": step.refused.as_ref().map(|refused| refused.refused.description.clone()).unwrap_or_default(),
            })
        })
        .collect();
    json!({ "log": {
        "version": "1.2",
        "creator": { "name": "keyfob", "version": env!("CARGO_PKG_VERSION") },
        "entries": entries,
        "comment": format!("Trace {}. Secrets are replaced by variables", trace.item.id),
    } })
}
