//! Everything that was said to the server: by flags, variables and the file, and below them by the
//! settings page.

use serde_json::{Map, Value};

use super::InvalidConfig;
pub use super::{
    given::{Given, Origin},
    table::{SETTINGS, Setting, variable},
    values::Settings,
};

impl Settings {
    /// These, which were checked, and below everything else but the defaults what the settings page keeps, by
    /// key: checked against them. What the page cannot change, or somebody else said, is passed over.
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
