//! Texts of the hosted pages in every language: one line per text, English and Bokmål together, so that neither can be
//! forgotten. A text with a value names the value, like `format!`; with braces, `name{value: Name}`, both the value and
//! the text are markup.
//!
//! Bokmål uses `du`, is plain, and quotes with «…».

mod account;
mod errors;
mod markup;
mod scopes;
mod signing_in;
mod when;

pub use when::Moment;

/// Methods of `Language`, one a text.
macro_rules! texts {
    ($($name:ident $(($($value:ident: $type:ty),+))? $({$($part:ident: $markup:ident),+})?: $en:literal, $nb:literal;)*) => {
        impl crate::domain::language::Language {
            $(super::text! { $name $(($($value: $type),+))? $({$($part: $markup),+})?, $en, $nb })*
        }
    };
}
use texts;

macro_rules! text {
    ($name:ident, $en:literal, $nb:literal) => {
        pub(in crate::http) const fn $name(self) -> &'static str {
            match self {
                Self::English => $en,
                Self::Bokmal => $nb,
            }
        }
    };
    ($name:ident($($value:ident: $type:ty),+), $en:literal, $nb:literal) => {
        pub(in crate::http) fn $name(self, $($value: $type),+) -> String {
            match self {
                Self::English => format!($en),
                Self::Bokmal => format!($nb),
            }
        }
    };
    ($name:ident{$($part:ident: $markup:ident),+}, $en:literal, $nb:literal) => {
        pub(in crate::http) fn $name(self, $($part: &str),+) -> super::markup::Markup {
            $(let $part = super::markup::$markup($part);)+
            super::markup::Markup(match self {
                Self::English => format!($en),
                Self::Bokmal => format!($nb),
            })
        }
    };
}
use text;
