//! All settings of the server, in order of precedence: flags, variables, the file, the settings page.

use serde_json::{Map, Value};

use super::InvalidConfig;
pub use super::{
    given::{Given, Origin},
    table::{SETTINGS, Setting, variable},
    values::Settings,
};

impl Settings {
    /// Adds the values of the settings page, by key, which only have precedence over defaults, and checks them against
    /// these settings. Values that the page cannot change, or that have another source, are ignored.
    pub fn with_page(&self, page: &Map<String, Value>) -> Result<Self, InvalidConfig> {
        let mut all = self.clone();
        for (key, value) in page {
            let setting = Setting::find(key).filter(|setting| setting.is_on_page());
            let Some(setting) = setting.filter(|one| self.origin(one.key).yields_to_page()) else {
                continue;
            };
            let set = setting.set_on_page(&mut all, value);
            set.map_err(|reason| InvalidConfig {
                key: setting.key,
                reason,
            })?;
            all.origins.insert(setting.key, Origin::Page);
        }
        all.live.check()?;
        Ok(all)
    }
}
