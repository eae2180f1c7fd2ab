//! A request as a command, to be sent again by hand. What is masked is a variable.

use serde_json::Value;
use url::form_urlencoded;

use crate::trace::{Encoding, Sent, Step};

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
    let method = scheme(&step.method);
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
            // `=@` would read a file of the user who runs it.
            Some(value) if value.starts_with(['@', '=', ':']) => {
                quoted(&format!(r"{name}{equals}\{value}"))
            }
            Some(value) => quoted(&format!("{name}{equals}{value}")),
            None => format!("\"{name}{equals}${{{}}}\"", variable(&sent.name)),
        });
    }
    command
}

/// The parameter's value as it is written into an address or a form: encoded, or a variable.
pub(super) fn encoded(sent: &Sent) -> String {
    match &sent.value {
        Some(value) => form_urlencoded::byte_serialize(value.as_bytes()).collect(),
        None => format!("${{{}}}", variable(&sent.name)),
    }
}

/// `CODE_VERIFIER` of `code_verifier`.
pub(super) fn variable(name: &str) -> String {
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

/// Single-quoted, so that the shell expands nothing.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// A parameter for the shell: masked values are in double quotes.
fn pair(sent: &Sent) -> String {
    let name: String = form_urlencoded::byte_serialize(sent.name.as_bytes()).collect();
    match &sent.value {
        Some(value) => quoted(&format!("{name}={value}")),
        None => format!("\"{name}=${{{}}}\"", variable(&sent.name)),
    }
}

/// Only characters that a scheme can contain, since the sender chose it.
pub(super) fn scheme(name: &str) -> String {
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
