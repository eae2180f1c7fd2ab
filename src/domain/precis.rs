//! Normalization of usernames (RFC 8265 §3.3, the profile UsernameCaseMapped), so that names that look the same are one
//! name. The tables are those of ICU, which are also used for domain names; the crate `precis-profiles` has those of
//! Unicode 6.3.

use icu_normalizer::ComposingNormalizerBorrowed;
use icu_properties::{
    CodePointMapData, CodePointSetData,
    props::{
        BidiClass, CanonicalCombiningClass, DefaultIgnorableCodePoint, GeneralCategory,
        HangulSyllableType, NoncharacterCodePoint, Script,
    },
};

/// Reason why a text is not a valid username.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoUsername {
    #[error("must contain only letters, digits and punctuation in their usual form")]
    Character,
    #[error("must not contain more than one space in a row")]
    Spaces,
    #[error("must not mix right-to-left and left-to-right text (RFC 5893 §2)")]
    Direction,
}

/// The form in which names are compared: width mapping, case mapping, NFC (RFC 8265 §3.3.2).
pub fn case_mapped(name: &str) -> String {
    if name.is_ascii() {
        return name.to_ascii_lowercase();
    }
    let nfc = ComposingNormalizerBorrowed::new_nfc();
    // Lower case can be another sequence again.
    nfc.normalize(&nfc.normalize(&width_mapped(name)).to_lowercase())
        .into_owned()
}

/// RFC 8265 §3.1, §3.3: parts of the IdentifierClass with a space between them, under the Bidi Rule.
pub fn require_username(name: &str) -> Result<(), NoUsername> {
    if name.split(' ').any(str::is_empty) {
        return Err(NoUsername::Spaces);
    }
    if name.is_ascii() {
        let allowed = name.bytes().all(|c| c == b' ' || c.is_ascii_graphic());
        return allowed.then_some(()).ok_or(NoUsername::Character);
    }
    let mapped = case_mapped(name);
    let chars: Vec<char> = mapped.chars().collect();
    let is_allowed = |at: usize| chars[at] == ' ' || is_identifier(&chars, at);
    if !(0..chars.len()).all(is_allowed) {
        return Err(NoUsername::Character);
    }
    match mapped.split(' ').all(keeps_direction) {
        true => Ok(()),
        false => Err(NoUsername::Direction),
    }
}

/// Whether a displayed text contains characters that change the text around it: controls, line ends, and direction
/// marks (Unicode Standard Annex #9 §2).
pub fn disturbs_text(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Whether a character is invisible, or changes the direction of the text around it.
pub fn is_invisible(c: char) -> bool {
    disturbs_text(c) || CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
}

/// The usual form of what is wide or narrow for East Asian text.
fn width_mapped(name: &str) -> String {
    let nfkc = ComposingNormalizerBorrowed::new_nfkc();
    let mut mapped = String::with_capacity(name.len());
    for c in name.chars() {
        match c {
            '\u{3000}' | '\u{ff00}'..='\u{ffef}' => {
                mapped.push_str(&nfkc.normalize(c.encode_utf8(&mut [0; 4])));
            }
            _ => mapped.push(c),
        }
    }
    mapped
}

/// RFC 8264 §8, in its order, for the IdentifierClass (§4.2).
fn is_identifier(chars: &[char], at: usize) -> bool {
    let c = chars[at];
    match c {
        // §9.6 Exceptions (F)
        '\u{df}' | '\u{3c2}' | '\u{6fd}' | '\u{6fe}' | '\u{f0b}' | '\u{3007}' => return true,
        '\u{640}' | '\u{7fa}' | '\u{302e}' | '\u{302f}' | '\u{3031}'..='\u{3035}' | '\u{303b}' => {
            return false;
        }
        _ => {}
    }
    if let Some(fits) = fits_context(chars, at) {
        return fits;
    }
    if c.is_ascii_graphic() {
        return true;
    }
    let is_jamo = matches!(
        CodePointMapData::<HangulSyllableType>::new().get(c),
        HangulSyllableType::LeadingJamo
            | HangulSyllableType::VowelJamo
            | HangulSyllableType::TrailingJamo
    );
    if is_jamo
        || CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
        || CodePointSetData::new::<NoncharacterCodePoint>().contains(c)
    {
        return false;
    }
    // §9.17 HasCompat (Q)
    let mut bytes = [0; 4];
    let text: &str = c.encode_utf8(&mut bytes);
    if *ComposingNormalizerBorrowed::new_nfkc().normalize(text) != *text {
        return false;
    }
    // §9.1 LetterDigits (A)
    let category = CodePointMapData::<GeneralCategory>::new().get(c);
    matches!(
        category,
        GeneralCategory::LowercaseLetter
            | GeneralCategory::UppercaseLetter
            | GeneralCategory::OtherLetter
            | GeneralCategory::DecimalNumber
            | GeneralCategory::ModifierLetter
            | GeneralCategory::NonspacingMark
            | GeneralCategory::SpacingMark
    )
}

/// RFC 8264 §9.8, RFC 5892 appendix A: whether a character that is allowed only beside certain others is allowed here;
/// `None` for a character without such a rule.
fn fits_context(chars: &[char], at: usize) -> Option<bool> {
    let script = |c: &char| CodePointMapData::<Script>::new().get(*c);
    let before = at.checked_sub(1).and_then(|before| chars.get(before));
    let after = chars.get(at + 1);
    let has_none = |from: char, to: char| !chars.iter().any(|c| (from..=to).contains(c));
    Some(match chars[at] {
        '\u{200c}' | '\u{200d}' => before.is_some_and(|c| {
            let class = CodePointMapData::<CanonicalCombiningClass>::new().get(*c);
            class == CanonicalCombiningClass::Virama
        }),
        '\u{b7}' => before == Some(&'l') && after == Some(&'l'),
        '\u{375}' => after.is_some_and(|c| script(c) == Script::Greek),
        '\u{5f3}' | '\u{5f4}' => before.is_some_and(|c| script(c) == Script::Hebrew),
        '\u{30fb}' => chars
            .iter()
            .any(|c| matches!(script(c), Script::Hiragana | Script::Katakana | Script::Han)),
        '\u{660}'..='\u{669}' => has_none('\u{6f0}', '\u{6f9}'),
        '\u{6f0}'..='\u{6f9}' => has_none('\u{660}', '\u{669}'),
        _ => return None,
    })
}

/// Bidi Rule (RFC 5893 §2), which applies if there is a right-to-left character.
fn keeps_direction(part: &str) -> bool {
    use BidiClass as Class;
    let of = |c: char| CodePointMapData::<BidiClass>::new().get(c);
    let classes: Vec<_> = part.chars().map(of).collect();
    let is_rtl = |class: &Class| {
        matches!(
            *class,
            Class::RightToLeft | Class::ArabicLetter | Class::ArabicNumber
        )
    };
    if !classes.iter().any(is_rtl) {
        return true;
    }
    let between = |class: &Class| {
        matches!(
            *class,
            Class::EuropeanSeparator
                | Class::CommonSeparator
                | Class::EuropeanTerminator
                | Class::OtherNeutral
                | Class::BoundaryNeutral
                | Class::NonspacingMark
        )
    };
    let last = classes
        .iter()
        .rev()
        .find(|class| **class != Class::NonspacingMark);
    let ends_well = last.is_some_and(|class| is_rtl(class) || *class == Class::EuropeanNumber);
    let begins_well = matches!(
        classes.first(),
        Some(&Class::RightToLeft | &Class::ArabicLetter)
    );
    let numbers = [Class::EuropeanNumber, Class::ArabicNumber];
    let mixes = numbers.iter().all(|number| classes.contains(number));
    let all_fit = classes
        .iter()
        .all(|class| is_rtl(class) || *class == Class::EuropeanNumber || between(class));
    begins_well && ends_well && all_fit && !mixes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_look_alike_are_one_or_none() {
        for (name, key) in [
            ("Ola", "ola"),
            ("\u{ff2f}\u{ff4c}\u{ff41}", "ola"),
            ("\u{ff76}\u{ff85}", "\u{30ab}\u{30ca}"),
            ("A\u{30a}se", "\u{e5}se"),
            ("\u{212b}se", "\u{e5}se"),
            ("stra\u{df}e", "stra\u{df}e"),
        ] {
            assert_eq!(case_mapped(name), key, "{name:?}");
        }
    }

    // RFC 8265 §3.5 among them.
    #[test]
    fn a_username_holds_letters_and_digits_of_any_script() {
        for name in [
            "juliet@example.com",
            "fussball",
            "fu\u{df}ball",
            "\u{3c0}",
            "\u{3c3}\u{3c2}",
            "Ola Nordmann",
            "ola_nordmann-2",
            "\u{ff4f}\u{ff4c}\u{ff41}",
            "\u{5d0}\u{5d1}\u{5d2}",
            "\u{627}\u{644}1",
            "\u{30ab}\u{30fb}\u{30ca}",
            "l\u{b7}l",
            "\u{915}\u{94d}\u{200d}\u{937}",
            "\u{c5}se",
        ] {
            assert_eq!(require_username(name), Ok(()), "{name:?}");
        }
        for (name, why) in [
            ("ola\u{200b}", NoUsername::Character),
            ("ola\u{ad}", NoUsername::Character),
            ("ola\u{feff}", NoUsername::Character),
            ("o\u{202e}la", NoUsername::Character),
            ("\u{2066}ola\u{2069}", NoUsername::Character),
            ("ola\u{200d}", NoUsername::Character),
            ("ola\n", NoUsername::Character),
            ("a\u{a0}b", NoUsername::Character),
            ("henry\u{2163}", NoUsername::Character),
            ("\u{265a}", NoUsername::Character),
            ("\u{fb01}n", NoUsername::Character),
            ("b\u{b7}l", NoUsername::Character),
            ("\u{660}\u{6f0}", NoUsername::Character),
            ("\u{378}", NoUsername::Character),
            ("foo  bar", NoUsername::Spaces),
            ("", NoUsername::Spaces),
            ("ola\u{5d0}", NoUsername::Direction),
            ("\u{5d0}ola", NoUsername::Direction),
            ("1\u{5d0}", NoUsername::Direction),
        ] {
            assert_eq!(require_username(name), Err(why), "{name:?}");
        }
    }

    #[test]
    fn a_shown_text_keeps_its_direction() {
        for c in ['\n', '\u{7f}', '\u{202e}', '\u{2067}', '\u{2028}'] {
            assert!(disturbs_text(c), "{c:?}");
        }
        for c in ['\u{200d}', '\u{5d0}', ' ', '\u{1f600}', '\u{200f}'] {
            assert!(!disturbs_text(c), "{c:?}");
        }
    }
}
