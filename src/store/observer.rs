//! Observer that keeps a snapshot of the file in memory and is notified of changes.

use std::sync::{Arc, Mutex, PoisonError};

use super::{effects::Notice, error::StoreError, health::Health};
use crate::clock::OncePerSecond;

pub(super) type Observer = Arc<dyn Fn(Notice) -> Result<(), StoreError> + Send + Sync>;

/// Observer of changes, if there is one.
#[derive(Clone)]
pub(super) struct ObserverSlot(Arc<Slot>);

struct Slot {
    observer: Mutex<Option<Observer>>,
    health: Arc<Health>,
    failures: OncePerSecond,
}

impl ObserverSlot {
    pub(super) fn new(health: Arc<Health>) -> Self {
        Self(Arc::new(Slot {
            observer: Mutex::default(),
            health,
            failures: OncePerSecond::new(),
        }))
    }

    pub(super) fn set(&self, observer: Option<Observer>) {
        let mut slot = self
            .0
            .observer
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *slot = observer;
    }

    /// Returns whether an observer handled the notice; otherwise, it is sent again. A failure is logged, and is
    /// [`super::Trouble::Unread`] until a notice of the same kind is handled.
    ///
    /// The slot is free while the observer works: others have something to tell, too.
    pub(super) fn tell(&self, notice: Notice) -> bool {
        let slot = self
            .0
            .observer
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let observer = slot.clone();
        drop(slot);
        let Some(observer) = observer else {
            return false;
        };
        let whose = match notice {
            Notice::Committed(_) => None,
            Notice::Stale => Some(0),
            Notice::ChangedElsewhere => Some(1),
        };
        let told = observer(notice);
        if let Err(error) = &told
            && let Some(unlogged) = self.0.failures.admit()
        {
            tracing::error!(%error, unlogged, "could not read a change of the database; will retry");
        }
        if let Some(whose) = whose {
            self.0.health.set_unread(whose, told.is_err());
        }
        told.is_ok()
    }
}
