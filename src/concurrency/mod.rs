//! Simultaneous work of many callers: equal work is joined, other work is distributed.

pub mod background;
pub mod descriptors;
pub mod gate;
pub mod joined;
pub mod turns;
