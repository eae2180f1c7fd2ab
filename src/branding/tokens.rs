//! The colors of `assets/css/tokens.css`, read while the server is compiled: there is no second list of them.

#![expect(clippy::panic, reason = "while the server is compiled")]

use super::Color;

pub(super) const SHEET: &str = include_str!("../../assets/css/tokens.css");

/// The color that a token is in one scheme: 0 is light, 1 is dark. What is not in the sheet does not compile.
pub(super) const fn color(name: &str, scheme: usize) -> Color {
    let sheet = SHEET.as_bytes();
    let mut at = after(sheet, 0, name.as_bytes());
    at = after(sheet, at, b": light-dark(");
    if scheme == 1 {
        at = after(sheet, at, b", ");
    }
    assert!(sheet[at] == b'#', "a token is written as #rgb or #rrggbb");
    let mut digits = 0;
    let mut value = 0;
    while let Some(digit) = (sheet[at + 1 + digits] as char).to_digit(16) {
        value = value * 16 + digit;
        digits += 1;
    }
    match digits {
        3 => {
            Color::rgb((value >> 8) * 0x11_0000 + (value >> 4 & 15) * 0x1100 + (value & 15) * 0x11)
        }
        6 => Color::rgb(value),
        _ => panic!("a token is written as #rgb or #rrggbb"),
    }
}

/// End of the first `wanted` at or after `from`.
const fn after(sheet: &[u8], from: usize, wanted: &[u8]) -> usize {
    let mut at = from;
    while at + wanted.len() <= sheet.len() {
        let mut same = 0;
        while same < wanted.len() && sheet[at + same] == wanted[same] {
            same += 1;
        }
        if same == wanted.len() {
            return at + same;
        }
        at += 1;
    }
    panic!("tokens.css has no such token")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_in_both_schemes_short_and_long() {
        assert_eq!(color("--card", 0), Color::WHITE);
        for (name, scheme) in [("--card", 1), ("--text", 0), ("--text", 1), ("--hover", 0)] {
            let text = color(name, scheme).to_string();
            let line = SHEET
                .lines()
                .find(|line| line.contains(&format!("{name}: ")));
            assert!(line.unwrap().contains(&text), "{name} {scheme}: {text}");
        }
    }
}
