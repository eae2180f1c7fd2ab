//! Name, color and logo of the hosted pages: what is valid, and what follows from it. It knows nothing of settings
//! or files: `config` hands over what they hold.

mod accent;
mod color;
mod logo;
mod tokens;

pub use self::{
    accent::{Accent, Shades},
    color::{Color, InvalidColor},
    logo::{LARGEST_LOGO, Logo},
};

/// Longest name, in characters.
const LONGEST_NAME: usize = 60;

/// Parses the server name; the error says why it is invalid.
pub fn server_name(text: &str) -> Result<String, String> {
    let name = text.trim();
    if name.is_empty() || name.chars().count() > LONGEST_NAME {
        return Err(format!("must have 1 to {LONGEST_NAME} characters"));
    }
    // Characters that change the text direction could make it look like another name.
    let turns = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    if name.chars().any(|c| c.is_control() || turns(c)) {
        return Err("must not contain control characters".into());
    }
    Ok(name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_short_line() {
        let long = "æ".repeat(60);
        for (text, expected) in [
            ("Acme", Some("Acme")),
            (" Acme ID ", Some("Acme ID")),
            ("Blåbær & Søn", Some("Blåbær & Søn")),
            (&*long, Some(&*long)),
            (&*format!("{long}a"), None),
            ("", None),
            ("   ", None),
            ("Acme\nID", None),
            ("Acme\u{7f}", None),
            ("Acme\u{202e}moc", None),
        ] {
            assert_eq!(server_name(text).ok().as_deref(), expected, "{text:?}");
        }
    }
}
