//! Comparison of the sent value with the registered ones, with the differing characters marked.

use url::Url;

use crate::domain::language::Language;

/// Sent value and registered ones.
pub struct Comparison {
    pub sent: String,
    pub expected: Vec<String>,
}

/// A text in three parts, of which the middle one is marked as different.
#[derive(Debug, PartialEq)]
pub struct Marked<'a> {
    pub before: &'a str,
    pub differs: &'a str,
    pub after: &'a str,
}

/// The part of an address that differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Difference {
    Scheme,
    Host,
    Port,
    Path,
    /// The path, only by upper and lower case.
    Case,
    TrailingSlash,
    Query,
}

impl Comparison {
    pub fn sent_marked(&self) -> Marked<'_> {
        match self.nearest() {
            Some(nearest) => mark(&self.sent, nearest),
            None => unmarked(&self.sent),
        }
    }

    pub fn expected_marked(&self) -> Vec<Marked<'_>> {
        let nearest = self.nearest();
        self.expected
            .iter()
            .map(|expected| match nearest {
                Some(nearest) if nearest == expected => mark(expected, &self.sent),
                _ => unmarked(expected),
            })
            .collect()
    }

    pub fn only_difference_in(&self, lang: Language) -> Option<&'static str> {
        self.only_difference()
            .map(|part| lang.only_difference(part))
    }

    /// The part in which the sent URI and the nearest expected one differ, if it is only one.
    fn only_difference(&self) -> Option<Difference> {
        let nearest = self.nearest()?;
        let without_slash = |text: &str| text.strip_suffix('/').map(str::to_owned);
        if without_slash(&self.sent).as_deref() == Some(nearest)
            || without_slash(nearest).as_deref() == Some(&self.sent)
        {
            return Some(Difference::TrailingSlash);
        }
        let (sent, nearest) = (Url::parse(&self.sent).ok()?, Url::parse(nearest).ok()?);
        let parts = [
            (sent.scheme() != nearest.scheme(), Difference::Scheme),
            (sent.host_str() != nearest.host_str(), Difference::Host),
            (sent.port() != nearest.port(), Difference::Port),
            (sent.path() != nearest.path(), Difference::Path),
            (sent.query() != nearest.query(), Difference::Query),
        ];
        let mut differ = parts.into_iter().filter(|(differs, _)| *differs);
        let only = differ.next().filter(|_| differ.next().is_none());
        match only?.1 {
            Difference::Path if sent.path().eq_ignore_ascii_case(nearest.path()) => {
                Some(Difference::Case)
            }
            other => Some(other),
        }
    }

    /// The expected value most like the sent one, if any has at least half of it in common.
    fn nearest(&self) -> Option<&str> {
        self.expected
            .iter()
            .map(|expected| {
                let (start, end) = in_common(&self.sent, expected);
                (start + end, expected.as_str())
            })
            .filter(|(common, expected)| common * 2 >= self.sent.len().max(expected.len()))
            .max_by_key(|(common, _)| *common)
            .map(|(_, expected)| expected)
    }
}

fn mark<'a>(text: &'a str, other: &str) -> Marked<'a> {
    let (start, end) = in_common(text, other);
    let (before, rest) = text.split_at(start);
    let (differs, after) = rest.split_at(rest.len() - end);
    Marked {
        before,
        differs,
        after,
    }
}

fn unmarked(text: &str) -> Marked<'_> {
    Marked {
        before: text,
        differs: "",
        after: "",
    }
}

/// Number of bytes that two texts share at the start and, apart from those, at the end.
fn in_common(a: &str, b: &str) -> (usize, usize) {
    let same = |(x, y): &(char, char)| x == y;
    let length = |(x, _): (char, char)| x.len_utf8();
    let start = a.chars().zip(b.chars()).take_while(same).map(length).sum();
    let rest = a[start..].chars().rev().zip(b[start..].chars().rev());
    (start, rest.take_while(same).map(length).sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn comparison(sent: &str, expected: &[&str]) -> Comparison {
        Comparison {
            sent: sent.into(),
            expected: expected.iter().map(ToString::to_string).collect(),
        }
    }

    #[test]
    fn the_characters_that_differ_from_the_nearest_value_are_marked() {
        let rows = [
            // sent, nearest expected, marked in sent, marked in expected
            ("http://a/cb/", "http://a/cb", "/", ""),
            ("http://a/cb", "http://a/cb/", "", "/"),
            ("http://a:3000/cb", "http://a:3001/cb", "0", "1"),
            ("http://a/blåbær", "http://a/blabær", "å", "a"),
            ("http://a/aa", "http://a/aaa", "", "a"),
            ("", "http://a/cb", "", ""),
        ];
        for (sent, expected, in_sent, in_expected) in rows {
            let comparison = comparison(sent, &["https://elsewhere.example/", expected]);
            assert_eq!(comparison.sent_marked().differs, in_sent, "{sent}");
            let marked = comparison.expected_marked();
            assert_eq!(marked[0].differs, "", "{sent}");
            assert_eq!(marked[1].differs, in_expected, "{sent}");
        }
    }

    #[test]
    fn texts_with_little_in_common_are_left_unmarked() {
        let comparison = comparison("http://a/cb", &["https://login.example.com/return"]);
        assert_eq!(comparison.sent_marked(), unmarked("http://a/cb"));
    }

    #[test]
    fn the_one_part_that_differs_is_named() {
        let rows = [
            (
                "http://a:1/cb/",
                "http://a:1/cb",
                Some(Difference::TrailingSlash),
            ),
            (
                "http://a:1/cb",
                "http://a:1/cb/",
                Some(Difference::TrailingSlash),
            ),
            ("https://a:1/cb", "http://a:1/cb", Some(Difference::Scheme)),
            (
                "http://localhost/auth/callback",
                "http://127.0.0.1/auth/callback",
                Some(Difference::Host),
            ),
            (
                "http://a.example:3000/cb",
                "http://a.example:3001/cb",
                Some(Difference::Port),
            ),
            (
                "http://a.example/Callback",
                "http://a.example/callback",
                Some(Difference::Case),
            ),
            (
                "http://a.example/callbacks",
                "http://a.example/callback",
                Some(Difference::Path),
            ),
            (
                "http://a.example/cb?x=1",
                "http://a.example/cb",
                Some(Difference::Query),
            ),
            ("http://a.example/cbs?x=1", "http://a.example/cb", None),
            ("http://a/cb", "https://login.example.com/return", None),
        ];
        for (sent, expected, difference) in rows {
            let comparison = comparison(sent, &[expected]);
            assert_eq!(
                comparison.only_difference(),
                difference,
                "{sent} {expected}"
            );
        }
    }
}
