//! Accent color: the shades that the hosted pages derive from it in light and in dark.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Color, tokens};
use crate::crypto::hash;

/// Minimum contrast of text (WCAG 2.2 §1.4.3) and of everything else (§1.4.11).
const TEXT: f64 = 4.5;
const EDGE: f64 = 3.0;

/// Values of one color scheme in `assets/css/tokens.css`.
struct Scheme {
    card: Color,
    hover: Color,
    /// Color toward which an illegible color is shifted.
    towards: Color,
    /// Percentage of the accent in the background of hints.
    tint: u32,
}

const LIGHT: Scheme = Scheme {
    card: tokens::color("--card", 0),
    hover: tokens::color("--hover", 0),
    towards: Color::BLACK,
    tint: 10,
};
const DARK: Scheme = Scheme {
    card: tokens::color("--card", 1),
    hover: tokens::color("--hover", 1),
    towards: Color::WHITE,
    tint: 20,
};

/// The color, and the style sheet with which the pages use it.
#[derive(Clone, Debug)]
pub struct Accent {
    pub color: Color,
    pub style: String,
    /// Hash of the style sheet, for its URL.
    pub hash: String,
}

/// Colors of one scheme, in CSS syntax.
#[derive(Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "AdminShades")]
pub struct Shades {
    /// Button background, text, hover background and border.
    pub accent: String,
    pub ink: String,
    pub hover: String,
    pub edge: String,
    /// Links and the focus ring: the accent color itself if it is legible.
    pub link: String,
    /// Background of hints.
    pub info: String,
    /// Page background.
    pub card: String,
}

impl Accent {
    pub fn new(color: Color) -> Self {
        let [light, dark] = Self::shades(color);
        let both = |name: &str, of: fn(&Shades) -> &String| match of(&light) == of(&dark) {
            true => format!("--{name}:{}", of(&light)),
            false => format!("--{name}:light-dark({},{})", of(&light), of(&dark)),
        };
        let style = [
            both("accent", |shades| &shades.accent),
            both("ink", |shades| &shades.ink),
            both("accent-hover", |shades| &shades.hover),
            both("accent-edge", |shades| &shades.edge),
            both("link", |shades| &shades.link),
            both("ring", |shades| &shades.link),
            both("info", |shades| &shades.info),
        ];
        let style = format!(":root{{{}}}\n", style.join(";"));
        let hash = hash::base64url(&hash::sha256(style.as_bytes())[..9]);
        Self { color, style, hash }
    }

    /// Shades in light and in dark.
    pub fn shades(color: Color) -> [Shades; 2] {
        [LIGHT, DARK].map(|scheme| scheme.shades(color))
    }
}

impl Scheme {
    fn shades(&self, color: Color) -> Shades {
        let info = self.card.with(color, self.tint);
        let grounds = [self.card, self.hover, info];
        let is_read = |color: &Color| grounds.iter().all(|ground| color.contrast(*ground) >= TEXT);
        // Black on any of the light grounds is read, and white on any of the dark ones.
        let link = (0..100)
            .map(|hundredths| color.with(self.towards, hundredths))
            .find(is_read)
            .unwrap_or(self.towards);
        let ink = color.ink();
        // Away from the ink, so that the text is read even better.
        let away = match ink == Color::WHITE {
            true => Color::BLACK,
            false => Color::WHITE,
        };
        let edge = match color.contrast(self.card) >= EDGE {
            true => color,
            false => link,
        };
        Shades {
            accent: color.to_string(),
            ink: ink.to_string(),
            hover: color.with(away, 14).to_string(),
            edge: edge.to_string(),
            link: link.to_string(),
            info: info.to_string(),
            card: self.card.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_color_that_is_read_well_is_left_as_it_is_and_another_made_lighter_or_darker() {
        // (the color, links in light, links in dark, the edge in light, the edge in dark)
        for (color, links, edges) in [
            ("#2450c6", ["#2450c6", "#6c8ad9"], ["#2450c6", "#6c8ad9"]),
            ("#ffcc00", ["#876c00", "#ffcc00"], ["#876c00", "#ffcc00"]),
            ("#ffffff", ["#6e6e6e", "#ffffff"], ["#6e6e6e", "#ffffff"]),
            ("#000000", ["#000000", "#8a8a8a"], ["#000000", "#8a8a8a"]),
            ("#0a7d4f", ["#0a7d4f", "#4a9f7d"], ["#0a7d4f", "#0a7d4f"]),
        ] {
            let [light, dark] = Accent::shades(color.parse().unwrap());
            assert_eq!([&*light.link, &dark.link], links, "{color}");
            assert_eq!([&*light.edge, &dark.edge], edges, "{color}");
        }
    }

    // Every 17th step of each part: what is read is read in both schemes, whatever the color.
    #[test]
    fn whatever_the_color_all_of_it_is_read() {
        let parts = (0..=255u32).step_by(17);
        let text = [0, 1].map(|scheme| tokens::color("--text", scheme));
        for color in parts.clone().flat_map(|red| {
            let parts = parts.clone();
            parts
                .clone()
                .flat_map(move |green| parts.clone().map(move |blue| red << 16 | green << 8 | blue))
        }) {
            let color = Color::rgb(color);
            for (shades, text) in Accent::shades(color).iter().zip(text) {
                let parse = |text: &str| text.parse::<Color>().unwrap();
                let (accent, hover) = (parse(&shades.accent), parse(&shades.hover));
                let (ink, link) = (parse(&shades.ink), parse(&shades.link));
                let (info, card) = (parse(&shades.info), parse(&shades.card));
                for (what, one, other, least) in [
                    ("ink", ink, accent, 4.5),
                    ("ink under the pointer", ink, hover, 4.5),
                    ("link", link, card, 4.5),
                    ("link in a hint", link, info, 4.5),
                    ("text in a hint", text, info, 4.5),
                    ("edge", parse(&shades.edge), card, 3.0),
                ] {
                    let found = one.contrast(other);
                    assert!(found >= least, "{color}: {what}: {one} on {other}: {found}");
                }
            }
        }
    }

    #[test]
    fn the_style_sheet_sets_variables_and_nothing_else() {
        let accent = Accent::new("#0a7d4f".parse().unwrap());
        let inside = accent.style.strip_prefix(":root{").unwrap();
        let inside = inside.strip_suffix("}\n").unwrap();
        let css = tokens::SHEET;
        for set in inside.split(';') {
            let (name, value) = set.split_once(':').unwrap();
            assert!(css.contains(&format!("{name}: ")), "{name} is used");
            let is_plain = |c: char| c.is_ascii_alphanumeric() || "#,()-".contains(c);
            assert!(value.chars().all(is_plain), "{value}");
        }
        assert_ne!(accent.hash, Accent::new(Color::BLACK).hash);
    }
}
