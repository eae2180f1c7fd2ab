//! The one who keeps a picture of the file in memory, and is told what changes in it.

use std::sync::{Arc, Mutex, PoisonError};

use super::{effects::Notice, error::StoreError};

pub(super) type Observer = Arc<dyn Fn(Notice) -> Result<(), StoreError> + Send + Sync>;

/// The one who is told what has changed, if there is one.
#[derive(Clone, Default)]
pub(super) struct ObserverSlot(Arc<Mutex<Option<Observer>>>);

impl ObserverSlot {
    pub(super) fn set(&self, observer: Option<Observer>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = observer;
    }

    /// The slot is free while the observer works: others have something to tell, too.
    pub(super) fn tell(&self, notice: Notice) -> Result<(), StoreError> {
        let slot = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let observer = slot.clone();
        drop(slot);
        observer.map_or(Ok(()), |observer| observer(notice))
    }

    /// [`ObserverSlot::tell`], for who can only try again later; whether it succeeded.
    pub(super) fn tell_or_log(&self, notice: Notice) -> bool {
        let told = self.tell(notice);
        if let Err(error) = &told {
            tracing::error!(%error, "could not read a change of the database; will retry");
        }
        told.is_ok()
    }
}
