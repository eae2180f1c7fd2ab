//! Header of managed objects: what every kind has in the same way.

use super::kind::Kind;

/// An object that administrators create, change and delete. [`object_header`] implements it.
pub trait Object: Clone + Send + Sync + 'static {
    const KIND: Kind;
    /// Names of the events of this kind that every kind has.
    const EVENTS: &'static [&'static str];

    /// Identifier of the object.
    fn name(&self) -> &str;

    /// Place in the configuration file that declares it (`keyfob.toml:42`), if one does.
    fn managed_by(&self) -> Option<&str>;

    fn set_managed_by(&mut self, place: Option<String>);

    fn is_disabled(&self) -> bool {
        false
    }
}

/// Header of a type: the name of its kind, its noun, and the field that identifies an object. A kind that can be
/// disabled also has that field.
macro_rules! object_header {
    ($type:ty: $kind:literal, $noun:literal, $name:ident $(, $disabled:ident)?) => {
        impl $crate::domain::object::Object for $type {
            const KIND: $crate::domain::kind::Kind = $crate::domain::kind::Kind::new($kind, $noun);
            const EVENTS: &'static [&'static str] = &[
                concat!($kind, ".created"),
                concat!($kind, ".deleted"),
                $(concat!($kind, ".", stringify!($disabled)), concat!($kind, ".enabled"),)?
                concat!($kind, ".restored"),
                concat!($kind, ".updated"),
            ];

            fn name(&self) -> &str {
                self.$name.as_str()
            }

            fn managed_by(&self) -> Option<&str> {
                self.managed_by.as_deref()
            }

            fn set_managed_by(&mut self, place: Option<String>) {
                self.managed_by = place;
            }

            $(fn is_disabled(&self) -> bool {
                self.$disabled
            })?
        }
    };
}

pub(crate) use object_header;
