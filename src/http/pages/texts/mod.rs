//! What the hosted pages say, in every language: one line a text, English and Bokmål beside each other,
//! so that neither can be forgotten. A text with something in it names it, as `format!` does.
//!
//! Bokmål here says `du`, is plain, and writes «sånn» around what it quotes.

mod account;
mod errors;
mod scopes;
mod signing_in;
mod when;

pub use when::Moment;

/// Methods of `Language`, one a text.
macro_rules! texts {
    ($($name:ident $(($($value:ident: $type:ty),+))?: $en:literal, $nb:literal;)*) => {
        impl crate::domain::language::Language {
            $(super::text! { $name $(($($value: $type),+))?, $en, $nb })*
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
}
use text;
