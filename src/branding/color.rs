//! Colors, and how well one is read on another.

use std::{fmt, str::FromStr};

/// A color in sRGB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Color([u8; 3]);

/// Reason why a text is not a valid [`Color`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be a color such as #2b58d4 (# and 6 hexadecimal digits)")]
pub struct InvalidColor;

impl FromStr for Color {
    type Err = InvalidColor;

    fn from_str(text: &str) -> Result<Self, InvalidColor> {
        let digits = text.strip_prefix('#').ok_or(InvalidColor)?;
        if digits.len() != 6 || !digits.bytes().all(|c| c.is_ascii_hexdigit()) {
            return Err(InvalidColor);
        }
        let hex = u32::from_str_radix(digits, 16).map_err(|_| InvalidColor)?;
        Ok(Color::rgb(hex))
    }
}

impl fmt::Display for Color {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [red, green, blue] = self.0;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")
    }
}

impl Color {
    pub const BLACK: Color = Color([0; 3]);
    pub const WHITE: Color = Color([255; 3]);

    /// The color `0xrrggbb`.
    pub const fn rgb(hex: u32) -> Self {
        let [_, red, green, blue] = hex.to_be_bytes();
        Self([red, green, blue])
    }

    /// WCAG 2.2, relative luminance: 0 is black, 1 is white.
    fn luminance(self) -> f64 {
        let linear = |part: u8| {
            let part = f64::from(part) / 255.0;
            match part <= 0.04045 {
                true => part / 12.92,
                false => ((part + 0.055) / 1.055).powf(2.4),
            }
        };
        let [red, green, blue] = self.0.map(linear);
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    /// WCAG 2.2, contrast ratio: 1 is none, 21 is black on white.
    pub fn contrast(self, other: Color) -> f64 {
        let (one, other) = (self.luminance(), other.luminance());
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    /// This color with so many hundredths of another.
    pub fn with(self, other: Color, hundredths: u32) -> Color {
        let share = f64::from(hundredths.min(100)) / 100.0;
        let mut parts = self.0;
        for (part, other) in parts.iter_mut().zip(other.0) {
            let mixed = f64::from(*part) * (1.0 - share) + f64::from(other) * share;
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "between two bytes"
            )]
            let mixed = mixed.round() as u8;
            *part = mixed;
        }
        Color(parts)
    }

    /// Black or white, whichever has the higher contrast on this color; at least 4.58:1.
    pub fn ink(self) -> Color {
        match self.contrast(Color::WHITE) >= self.contrast(Color::BLACK) {
            true => Color::WHITE,
            false => Color::BLACK,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_color_is_six_digits() {
        for (text, expected) in [
            ("#2b58d4", Some("#2b58d4")),
            ("#FFaa00", Some("#ffaa00")),
            ("#000000", Some("#000000")),
            ("2b58d4", None),
            ("#2b58d", None),
            ("#2b58d44", None),
            ("#fff", None),
            ("#+12345", None),
            ("#2b58g4", None),
            ("#2b58d4 ", None),
            ("blue", None),
            ("", None),
        ] {
            let parsed = text.parse::<Color>().map(|color| color.to_string());
            assert_eq!(parsed.ok().as_deref(), expected, "{text:?}");
        }
    }

    // WCAG 2.2 §1.4.3, with the ratios that other calculators give.
    #[test]
    fn the_contrast_is_that_of_wcag() {
        for (one, other, expected) in [
            (0x00_0000, 0xff_ffff, 21.0),
            (0xff_ffff, 0xff_ffff, 1.0),
            (0x76_7676, 0xff_ffff, 4.54),
            (0x77_7777, 0xff_ffff, 4.48),
            (0xff_0000, 0xff_ffff, 4.00),
            (0x00_00ff, 0xff_ffff, 8.59),
            (0xff_ff00, 0x00_0000, 19.56),
        ] {
            let (one, other) = (Color::rgb(one), Color::rgb(other));
            let found = one.contrast(other);
            assert!(
                (found - expected).abs() < 0.005,
                "{one} on {other}: {found}"
            );
            assert_eq!(found.to_bits(), other.contrast(one).to_bits());
        }
    }

    #[test]
    fn the_ink_is_the_one_that_is_read_better() {
        for (color, ink) in [
            (0x2b_58d4, Color::WHITE),
            (0xff_cc00, Color::BLACK),
            (0xff_ffff, Color::BLACK),
            (0x00_0000, Color::WHITE),
            (0x75_7575, Color::WHITE),
            (0x76_7676, Color::BLACK),
        ] {
            let color = Color::rgb(color);
            assert_eq!(color.ink(), ink, "{color}");
            assert!(color.contrast(color.ink()) >= 4.5, "{color}");
        }
    }
}
