//! Output of the content of a token.

use serde_json::{Map, Value};
use time::{OffsetDateTime, UtcOffset, macros::format_description};

use super::{
    Failure,
    output::{self, Format, cell},
};
use crate::admin::token_checks::Inspection;

/// The claims that are times (RFC 7519 §4.1, OIDC Core §2).
const TIMES: &[&str] = &["exp", "iat", "nbf", "auth_time", "updated_at"];

pub(super) fn print(format: Format, inspected: &Inspection) -> Result<(), Failure> {
    match (format, inspected) {
        (Format::Table, Inspection::Jwt { header, claims }) => {
            output::note("Decoded only, not verified. Run keyfob token verify to check it");
            members("header", header)?;
            members("claims", claims)
        }
        (Format::Table, Inspection::Opaque { .. }) => {
            output::note("Opaque token. Only its id and creation time can be read");
            output::object(format, inspected)
        }
        _ => output::object(format, inspected),
    }
}

fn members(title: &str, members: &Map<String, Value>) -> Result<(), Failure> {
    output::line(title)?;
    let widest = members.keys().map(|name| name.chars().count()).max();
    let widest = widest.unwrap_or(0);
    for (name, value) in members {
        let shown = match value.as_i64().filter(|_| TIMES.contains(&name.as_str())) {
            Some(seconds) => format!("{seconds}  {}", local(seconds)),
            None => cell(value),
        };
        output::line(&format!("  {name:widest$}  {shown}"))?;
    }
    Ok(())
}

/// Time in the local time zone, or in UTC if it is unknown.
fn local(seconds: i64) -> String {
    let format = format_description!(
        "[year]-[month]-[day] [hour]:[minute]:[second] [offset_hour sign:mandatory]:[offset_minute]"
    );
    OffsetDateTime::from_unix_timestamp(seconds)
        .ok()
        .map(|moment| {
            let offset = UtcOffset::local_offset_at(moment).unwrap_or(UtcOffset::UTC);
            moment.to_offset(offset)
        })
        .and_then(|moment| moment.format(format).ok())
        .unwrap_or_default()
}
