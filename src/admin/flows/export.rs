//! A request to be sent again by hand, and a flow as a file. What is masked is a variable.

use serde_json::{Value, json};
use url::form_urlencoded;

use super::FlowView;
use crate::trace::{Encoding, Sent, Step};

/// The parameter's value as it is written into an address or a form: encoded, or a variable.
fn encoded(sent: &Sent) -> String {
    match &sent.value {
        Some(value) => form_urlencoded::byte_serialize(value.as_bytes()).collect(),
        None => format!("${{{}}}", variable(&sent.name)),
    }
}

/// `CODE_VERIFIER` of `code_verifier`.
fn variable(name: &str) -> String {
    let letter = |c: char| match c.is_ascii_alphanumeric() {
        true => c.to_ascii_uppercase(),
        false => '_',
    };
    let name: String = name.chars().map(letter).collect();
    match name.starts_with(|c: char| c.is_ascii_digit()) {
        true => format!("_{name}"),
        false => name,
    }
}

/// In single quotes, so that the shell takes nothing in it for anything else.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// A parameter for the shell: what is masked stands in double quotes.
fn pair(sent: &Sent) -> String {
    let name: String = form_urlencoded::byte_serialize(sent.name.as_bytes()).collect();
    match &sent.value {
        Some(value) => quoted(&format!("{name}={value}")),
        None => format!("\"{name}=${{{}}}\"", variable(&sent.name)),
    }
}

/// The request as a command.
pub(super) fn curl(issuer: &str, step: &Step) -> String {
    let mut command = format!("curl -i {}", quoted(&format!("{issuer}{}", step.path)));
    if step.encoding == Encoding::Query && !step.sent.is_empty() {
        command.push_str(" -G");
    }
    if !matches!(step.method.as_str(), "GET" | "POST")
        || (step.method == "POST" && step.sent.is_empty())
    {
        command.push_str(&format!(" -X {}", quoted(&step.method)));
    }
    if let Some(sent) = &step.authorization {
        command.push_str(&match sent.name.to_ascii_lowercase().as_str() {
            "basic" => " \\\n  -u \"${CLIENT_ID}:${CLIENT_SECRET}\"".to_owned(),
            _ => format!(
                " \\\n  -H \"Authorization: {} ${{TOKEN}}\"",
                scheme(&sent.name)
            ),
        });
    }
    if let Some(origin) = &step.origin {
        command.push_str(&format!(
            " \\\n  -H {}",
            quoted(&format!("Origin: {origin}"))
        ));
    }
    if step.encoding == Encoding::Json {
        let body = quoted(&json_body(step).to_string());
        command.push_str(&format!(" \\\n  --json {body}"));
        return command;
    }
    for sent in &step.sent {
        command.push_str(&format!(" \\\n  --data-urlencode {}", pair(sent)));
    }
    command
}

/// The request as a command of HTTPie.
pub(super) fn httpie(issuer: &str, step: &Step) -> String {
    let form = match step.encoding {
        Encoding::Form => " --form",
        Encoding::Query | Encoding::Json => "",
    };
    let method: String = scheme(&step.method);
    let mut command = format!(
        "http{form} {method} {}",
        quoted(&format!("{issuer}{}", step.path))
    );
    if let Some(sent) = &step.authorization {
        command.push_str(&match sent.name.to_ascii_lowercase().as_str() {
            "basic" => " \\\n  -a \"${CLIENT_ID}:${CLIENT_SECRET}\"".to_owned(),
            _ => format!(" \\\n  \"Authorization:{} ${{TOKEN}}\"", scheme(&sent.name)),
        });
    }
    if let Some(origin) = &step.origin {
        command.push_str(&format!(" \\\n  {}", quoted(&format!("Origin:{origin}"))));
    }
    let equals = match step.encoding {
        Encoding::Query => "==",
        Encoding::Form | Encoding::Json => "=",
    };
    for sent in &step.sent {
        // A name with a separator of HTTPie's in it would be read otherwise.
        let name: String = sent
            .name
            .chars()
            .filter(|c| c.is_ascii_alphanumeric() || *c == '_')
            .collect();
        command.push_str(" \\\n  ");
        command.push_str(&match &sent.value {
            // `=@` would be a file of whoever runs it.
            Some(value) if value.starts_with(['@', '=', ':']) => {
                quoted(&format!(r"{name}{equals}\{value}"))
            }
            Some(value) => quoted(&format!("{name}{equals}{value}")),
            None => format!("\"{name}{equals}${{{}}}\"", variable(&sent.name)),
        });
    }
    command
}

/// Only what a scheme may hold: it came from whoever asked.
fn scheme(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).collect()
}

fn json_body(step: &Step) -> Value {
    let member = |sent: &Sent| {
        let value = sent.value.clone();
        let value = value.unwrap_or_else(|| format!("${}", variable(&sent.name)));
        (sent.name.clone(), Value::String(value))
    };
    Value::Object(step.sent.iter().map(member).collect())
}

/// The flow as a Postman collection (format 2.1), which Bruno and Insomnia read, too. What is masked is a
/// variable of the collection.
pub fn postman(issuer: &str, flow: &FlowView) -> Value {
    let placeholder = |sent: &Sent| {
        let value = sent.value.clone();
        value.unwrap_or_else(|| format!("{{{{{}}}}}", variable(&sent.name)))
    };
    let items: Vec<_> = flow
        .steps
        .iter()
        .map(|step| {
            let pairs: Vec<_> = step
                .sent
                .iter()
                .map(|sent| json!({ "key": sent.name, "value": placeholder(sent) }))
                .collect();
            let is_query = step.encoding == Encoding::Query;
            let mut request = json!({
                "method": step.method,
                "header": step.authorization.iter().map(|sent| {
                    json!({ "key": "Authorization", "value": format!("{} {{{{TOKEN}}}}", scheme(&sent.name)) })
                }).collect::<Vec<_>>(),
                "url": {
                    "raw": format!("{issuer}{}", step.path),
                    "query": if is_query { pairs.clone() } else { Vec::new() },
                },
            });
            request["body"] = match step.encoding {
                Encoding::Query => Value::Null,
                Encoding::Form => json!({ "mode": "urlencoded", "urlencoded": pairs }),
                Encoding::Json => {
                    let members = step.sent.iter().map(|sent| (sent.name.clone(), placeholder(sent).into()));
                    let raw = Value::Object(members.collect()).to_string();
                    json!({ "mode": "raw", "raw": raw, "options": { "raw": { "language": "json" } } })
                }
            };
            json!({ "name": format!("{} {}", step.method, step.path), "request": request })
        })
        .collect();
    json!({
        "info": {
            "name": format!("Flow {}", flow.item.id),
            "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json",
        },
        "item": items,
    })
}

/// The flow in HAR 1.2, which browsers and other tools open.
pub fn har(issuer: &str, flow: &FlowView) -> Value {
    let entries: Vec<_> = flow
        .steps
        .iter()
        .map(|step| {
            let pairs: Vec<_> = step
                .sent
                .iter()
                .map(|sent| {
                    let value = sent.value.clone();
                    let value = value.unwrap_or_else(|| format!("${}", variable(&sent.name)));
                    json!({ "name": sent.name, "value": value })
                })
                .collect();
            let text: Vec<_> = step
                .sent
                .iter()
                .map(|sent| format!("{}={}", sent.name, encoded(sent)))
                .collect();
            let is_query = step.encoding == Encoding::Query;
            let mut url = format!("{issuer}{}", step.path);
            if is_query && !text.is_empty() {
                url = format!("{url}?{}", text.join("&"));
            }
            let mut request = json!({
                "method": step.method,
                "url": url,
                "httpVersion": "HTTP/1.1",
                "cookies": [],
                "headers": step.authorization.iter().map(|sent| {
                    json!({ "name": "Authorization", "value": format!("{} $TOKEN", scheme(&sent.name)) })
                }).collect::<Vec<_>>(),
                "queryString": if is_query { pairs.clone() } else { Vec::new() },
                "headersSize": -1,
                "bodySize": -1,
            });
            if !is_query && !pairs.is_empty() {
                let mime = match step.encoding {
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
                    "status": step.status,
                    "statusText": "",
                    "httpVersion": "HTTP/1.1",
                    "cookies": [],
                    "headers": [],
                    "content": { "size": -1, "mimeType": "" },
                    "redirectURL": step.to.clone().unwrap_or_default(),
                    "headersSize": -1,
                    "bodySize": -1,
                },
                "cache": {},
                "timings": { "send": 0, "wait": step.milliseconds, "receive": 0 },
                "comment": step.refused.as_ref().map(|refused| refused.description.clone()).unwrap_or_default(),
            })
        })
        .collect();
    json!({ "log": {
        "version": "1.2",
        "creator": { "name": "keyfob", "version": env!("CARGO_PKG_VERSION") },
        "entries": entries,
        "comment": format!("Flow {}: what is secret is a variable", flow.item.id),
    } })
}
