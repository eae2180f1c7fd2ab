//! Languages of the hosted pages, and selecting one for a user.

/// A language that the hosted pages are written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    English,
    /// Norwegian Bokmål.
    Bokmal,
}

impl Language {
    /// The first is what those get who named none of them.
    pub const ALL: &[Language] = &[Language::English, Language::Bokmal];

    /// Its BCP 47 tag.
    pub const fn tag(self) -> &'static str {
        match self {
            Language::English => "en",
            Language::Bokmal => "nb",
        }
    }

    /// Name of the language in itself.
    pub const fn own_name(self) -> &'static str {
        match self {
            Language::English => "English",
            Language::Bokmal => "Norsk bokmål",
        }
    }

    /// Language of a BCP 47 tag, with any script and region, separated by `-` or by `_`, as in the POSIX locales of
    /// many directories. Every form of Norwegian selects Bokmål rather than English.
    pub fn of_tag(tag: &str) -> Option<Self> {
        let primary = tag.trim().split(['-', '_']).next().unwrap_or_default();
        match primary.to_ascii_lowercase().as_str() {
            "en" => Some(Language::English),
            "nb" | "no" | "nn" => Some(Language::Bokmal),
            _ => None,
        }
    }

    /// OIDC Core §3.1.2.1, `ui_locales`: tags in the order in which they are liked, parted by spaces.
    pub fn of_ui_locales(tags: &str) -> Option<Self> {
        tags.split_ascii_whitespace().find_map(Self::of_tag)
    }

    /// Language with the greatest weight in `Accept-Language`, the first of several with the same (RFC 9110 §12.5.4).
    /// `q=0` excludes one, and `*` means all others.
    pub fn of_accept_language(header: &str) -> Option<Self> {
        let ranges: Vec<(&str, u16)> = header.split(',').filter_map(weighted).collect();
        let weight = |language: Language| {
            let named = ranges
                .iter()
                .filter(|(range, _)| Self::of_tag(range) == Some(language));
            let any = ranges.iter().find(|(range, _)| *range == "*");
            named.map(|(_, q)| *q).max().or(any.map(|(_, q)| *q))
        };
        let place = |language: Language| {
            let named = |(range, _): &(&str, u16)| Self::of_tag(range) == Some(language);
            ranges.iter().position(named).unwrap_or(usize::MAX)
        };
        Self::ALL
            .iter()
            .filter_map(|language| Some((*language, weight(*language).filter(|q| *q > 0)?)))
            .min_by_key(|(language, q)| (u16::MAX - q, place(*language)))
            .map(|(language, _)| language)
    }
}

/// A language range and its weight in thousandths (RFC 9110 §12.4.2); `None` if malformed.
fn weighted(element: &str) -> Option<(&str, u16)> {
    let mut parts = element.split(';').map(str::trim);
    let range = parts.next().filter(|range| !range.is_empty())?;
    let q = match parts.next() {
        None => 1.0,
        Some(weight) => {
            let (name, value) = weight.split_once('=')?;
            let value: f32 = value.trim().parse().ok()?;
            (name.trim().eq_ignore_ascii_case("q") && (0.0..=1.0).contains(&value))
                .then_some(value)?
        }
    };
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is from 0 to 1"
    )]
    Some((range, (q * 1000.0).round() as u16))
}

#[cfg(test)]
mod tests {
    use super::{
        Language,
        Language::{Bokmal, English},
    };

    #[test]
    fn accept_language_is_read_by_its_weights() {
        // RFC 9110 §12.5.4, §12.4.2
        let rows = [
            ("nb-NO,nb;q=0.9,no;q=0.8,en;q=0.5", Some(Bokmal)),
            ("nn", Some(Bokmal)),
            ("no", Some(Bokmal)),
            ("en-GB,en;q=0.9,nb;q=0.8", Some(English)),
            ("nb;q=0.4, en;q=0.6", Some(English)),
            ("en;q=0.4, NB-no;q=0.6", Some(Bokmal)),
            ("de, fr;q=0.9, nb;q=0.1", Some(Bokmal)),
            // The first of several of the same weight.
            ("nb, en", Some(Bokmal)),
            ("en, nb", Some(English)),
            // `*` does not include a language that is refused by name.
            ("en;q=0, *;q=0.5", Some(Bokmal)),
            ("nb;q=0", None),
            ("*", Some(English)),
            ("de-DE, de", None),
            ("", None),
            // What is no weight makes its range count for nothing.
            ("nb;q=2, en;q=0.1", Some(English)),
            ("nb;level=1, en", Some(English)),
            (", ,nb", Some(Bokmal)),
        ];
        for (header, expected) in rows {
            assert_eq!(Language::of_accept_language(header), expected, "{header}");
        }
    }

    #[test]
    fn ui_locales_are_read_in_their_order() {
        // OIDC Core §3.1.2.1
        let rows = [
            ("fr-CA nb en", Some(Bokmal)),
            ("en nb", Some(English)),
            ("no_NO.UTF-8", Some(Bokmal)),
            ("xx", None),
            ("", None),
        ];
        for (tags, expected) in rows {
            assert_eq!(Language::of_ui_locales(tags), expected, "{tags}");
        }
    }
}
