//! Lists of every kind of managed object, each with elements of a type of its own.

use std::{any::Any, collections::HashMap, sync::Arc};

use crate::admin::Kind;

/// One list for each kind.
#[derive(Clone, Default)]
pub(super) struct ByKind(HashMap<Kind, Arc<dyn Any + Send + Sync>>);

impl ByKind {
    pub(super) fn put<T: Send + Sync + 'static>(&mut self, kind: Kind, all: Vec<T>) {
        self.0.insert(kind, Arc::new(all));
    }

    /// Empty for a kind without a list.
    pub(super) fn of<T: 'static>(&self, kind: Kind) -> &[T] {
        let all = self.0.get(&kind);
        let all = all.and_then(|all| all.downcast_ref::<Vec<T>>());
        all.map_or(&[], Vec::as_slice)
    }
}
