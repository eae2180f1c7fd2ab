//! One program for all targets, since each would be a whole server: KEYFOB_FUZZ names the one that runs.

#![no_main]

use std::{env, sync::OnceLock};

static TARGET: OnceLock<String> = OnceLock::new();

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let target = TARGET.get_or_init(|| env::var("KEYFOB_FUZZ").expect("KEYFOB_FUZZ names a target"));
    keyfob::http::fuzz_targets::run(target, data);
});
