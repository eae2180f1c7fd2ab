//! JSON Merge Patch (RFC 7396) for every kind of object: an absent member stays, a value replaces, `null` gives a
//! member its default.

use serde_json::{Map, Value};

use super::{AdminError, object::Managed};

/// Input of the patch. Each `null` is replaced by the default of its member, where an empty text means no value; `read`
/// makes an input of what is left.
pub fn resolve<M: Managed, E: From<AdminError>>(
    mut patch: Map<String, Value>,
    object: &M,
    read: impl FnOnce(Value) -> Result<M::Input, E>,
) -> Result<M::Input, E> {
    let defaults = object.defaults();
    let mut cleared = Vec::new();
    for (name, value) in patch.iter_mut().filter(|(_, value)| value.is_null()) {
        match defaults.get(name) {
            Some(Value::Null) => *value = "".into(),
            Some(default) => *value = default.clone(),
            None => cleared.push(name.clone()),
        }
    }
    patch.retain(|_, value| !value.is_null());
    let mut input = read(Value::Object(patch))?;
    match cleared.first() {
        Some(name) if !M::clear(&mut input, &cleared) => {
            Err(AdminError::invalid(name, "has no default").into())
        }
        _ => Ok(input),
    }
}
