//! Scopes in what users have allowed.

use super::{StoreError, Tx};

/// Removes a scope from all consents, from grants and from devices that wait. Goes through all of them.
pub fn forget(tx: &Tx, scope: &str) -> Result<(), StoreError> {
    for table in ["consents", "grants", "device_codes"] {
        tx.execute(
            &format!(
                "UPDATE {table} SET scope = trim(replace(' ' || scope || ' ', ' ' || ?1 || ' ', ' '))
                 WHERE instr(' ' || scope || ' ', ' ' || ?1 || ' ')"
            ),
            [scope],
        )?;
    }
    Ok(())
}
