//! JSON Merge Patch (RFC 7396) for every kind of object: an absent member stays, a value replaces, `null` gives a
//! member its default.

use serde_json::{Map, Value};

use super::{AdminError, object::Managed};

/// The patch without `null`: each is replaced by the default of its member. An empty text means no value.
pub fn resolve<M: Managed>(
    mut patch: Map<String, Value>,
    object: &M,
) -> Result<Map<String, Value>, AdminError> {
    let defaults = object.defaults();
    for (name, value) in patch.iter_mut().filter(|(_, value)| value.is_null()) {
        *value = match defaults.get(name) {
            Some(Value::Null) => "".into(),
            Some(default) => default.clone(),
            None => return Err(AdminError::invalid(name, "has no default")),
        };
    }
    Ok(patch)
}
