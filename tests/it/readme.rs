//! What the README claims, where a program can see it.

use keyfob::{
    admin::state_file::StateFile,
    config::settings::{SETTINGS, Setting, Settings},
};

const README: &str = include_str!("../../README.md");

/// The block after a heading that begins with this fence.
fn block(heading: &str, fence: &str) -> &'static str {
    let section = README.split_once(&format!("\n## {heading}\n")).unwrap().1;
    let block = section.split_once(&format!("```{fence}\n")).unwrap().1;
    block.split_once("```").unwrap().0
}

#[test]
fn the_table_of_settings_is_the_one_of_the_program() {
    let row = |setting: &Setting| {
        let shown = setting.show(&Settings::default());
        let default = match (setting.default, shown) {
            (Some(default), _) => default.to_owned(),
            (None, Some(shown)) => format!("`{}`", shown.trim_matches('"')),
            (None, None) => String::new(),
        };
        format!("| `{}` | {default} | {} |\n", setting.key, setting.help)
    };
    let head = "| key | default | meaning |\n|---|---|---|\n";
    let table = head.to_owned() + &SETTINGS.iter().map(row).collect::<String>();
    assert!(
        README.contains(&table),
        "the README wants this table:\n{table}"
    );
}

#[test]
fn the_example_of_a_state_file_is_one() {
    let file = StateFile::parse("keyfob.toml", block("keyfob.toml", "toml"));
    let file = file.unwrap_or_else(|problems| panic!("{problems}"));
    let counts = file.declarations.count().into_iter();
    let counts: Vec<_> = counts.map(|(_, count)| count).collect();
    assert_eq!(counts, [1, 1, 1, 2, 1, 0]);
}
