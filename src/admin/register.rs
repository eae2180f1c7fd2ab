//! Register of the kinds of managed objects. Everything that applies to all kinds uses it: the configuration file, the
//! admin API, names of events and hints of the command line.

use crate::domain::{kind::Kind, object::Object};

/// Runs the block once for each kind, by its type. Kinds that others refer to come first: a configuration file is
/// applied in this order, and objects that it no longer declares are removed in reverse order.
macro_rules! each_kind {
    ($kind:ident => $block:block) => {
        $crate::admin::register::each_kind!(@of $kind $block
            $crate::domain::scope::Scope,
            $crate::domain::team::Team,
            $crate::domain::user::User,
            $crate::domain::client::Client,
            $crate::domain::resource::Resource,
            $crate::domain::trusted_issuer::TrustedIssuer,
        )
    };
    (@of $kind:ident $block:block $($type:ty,)*) => {
        $({
            type $kind = $type;
            $block
        })*
    };
}

pub(crate) use each_kind;

/// Every kind, in the order of the register.
pub fn kinds() -> Vec<Kind> {
    let mut kinds = Vec::new();
    each_kind!(M => { kinds.push(M::KIND) });
    kinds
}
