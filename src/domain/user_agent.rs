//! Browser and operating system of a `User-Agent` (RFC 9110 §10.1.5), for users to recognize their own. The client
//! sends it, so it proves nothing.

/// A browser and what it runs on, each if it is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Device<'a> {
    pub browser: Option<&'a str>,
    pub system: Option<&'static str>,
}

/// A mark in the header and its meaning; the first match is used, since most browsers also name the ones that they
/// imitate.
const BROWSERS: &[(&str, &str)] = &[
    ("Edg/", "Edge"),
    ("EdgA/", "Edge"),
    ("EdgiOS/", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Vivaldi/", "Vivaldi"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("HeadlessChrome/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("CriOS/", "Chrome"),
    ("Safari/", "Safari"),
];
const SYSTEMS: &[(&str, &str)] = &[
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Macintosh", "macOS"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
    ("FreeBSD", "FreeBSD"),
];

impl<'a> Device<'a> {
    pub fn of(user_agent: &'a str) -> Self {
        let find = |table: &[(&str, &'static str)]| {
            let found = table.iter().find(|(mark, _)| user_agent.contains(mark));
            found.map(|(_, name)| *name)
        };
        // A program of another kind names itself first: `curl/8.5.0`.
        let program = || {
            let name = user_agent.split(['/', ' ']).next()?;
            (!name.is_empty() && name != "Mozilla").then_some(name)
        };
        Self {
            browser: find(BROWSERS).or_else(program),
            system: find(SYSTEMS),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Device;

    #[test]
    fn the_common_browsers_are_known_by_name() {
        let rows = [
            (
                "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
                Some("Firefox"),
                Some("Linux"),
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) \
                 Chrome/138.0.0.0 Safari/537.36 Edg/138.0.0.0",
                Some("Edge"),
                Some("Windows"),
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                 Version/18.5 Safari/605.1.15",
                Some("Safari"),
                Some("macOS"),
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like \
                 Gecko) CriOS/138.0 Mobile/15E148 Safari/604.1",
                Some("Chrome"),
                Some("iPhone"),
            ),
            (
                "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) \
                 Chrome/138.0.0.0 Mobile Safari/537.36",
                Some("Chrome"),
                Some("Android"),
            ),
            ("curl/8.5.0", Some("curl"), None),
            ("Mozilla/5.0", None, None),
            ("", None, None),
        ];
        for (user_agent, browser, system) in rows {
            let expected = Device { browser, system };
            assert_eq!(Device::of(user_agent), expected, "{user_agent}");
        }
    }
}
