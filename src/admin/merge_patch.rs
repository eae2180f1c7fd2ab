//! JSON Merge Patch (RFC 7396) for every kind of object: an absent member stays, a value replaces, `null` gives a
//! member its default.

use serde_json::{Map, Value};

use super::{AdminError, as_members, object::Managed};

/// Input of the patch. Each `null` is replaced by the default of its member, where an empty string means no value;
/// `read` parses the rest as an input.
pub fn resolve<M: Managed, E: From<AdminError>>(
    mut patch: Map<String, Value>,
    object: &M,
    read: impl FnOnce(Value) -> Result<M::Input, E>,
) -> Result<M::Input, E> {
    let (defaults, mut known) = (object.defaults(), as_members(&object.shown())?);
    let mut cleared = Vec::new();
    for (name, value) in &mut patch {
        match (&mut *value, defaults.get(name)) {
            (Value::Null, Some(Value::Null)) => *value = "".into(),
            (Value::Null, Some(default)) => *value = default.clone(),
            (Value::Null, None) => cleared.push(name.clone()),
            (Value::Object(_), _) => {
                let target = known.remove(name).unwrap_or_default();
                *value = merged(target, value.take());
            }
            _ => {}
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

/// The target with the patch applied (RFC 7396 §2): `null` removes a member at any depth.
fn merged(target: Value, patch: Value) -> Value {
    let Value::Object(patch) = patch else {
        return patch;
    };
    let mut members = match target {
        Value::Object(members) => members,
        _ => Map::new(),
    };
    for (name, value) in patch {
        if value.is_null() {
            members.shift_remove(&name);
            continue;
        }
        let member = members.entry(name).or_insert(Value::Null);
        *member = merged(member.take(), value);
    }
    Value::Object(members)
}
