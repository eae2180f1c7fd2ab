#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| keyfob::http::fuzz_targets::run("json", data));
