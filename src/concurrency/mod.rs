//! Work of many callers at once: joined where it is the same, shared out where it is not.

pub mod background;
pub mod descriptors;
pub mod gate;
pub mod joined;
pub mod turns;
