//! Joined work: done once for all simultaneous callers with the same key.

use std::{
    collections::HashMap,
    future::Future,
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::watch;

/// Work in progress, by key.
pub struct Joined<K, V>(Arc<UnderWay<K, V>>);

type UnderWay<K, V> = Mutex<HashMap<K, watch::Receiver<Option<V>>>>;

impl<K, V> Default for Joined<K, V> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<K, V> Joined<K, V>
where
    K: Clone + Eq + Hash + Send + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// Result of the current work for `key`, or of `work`, which is then started. It continues if the caller leaves.
    /// `None` if it was aborted.
    pub async fn run(&self, key: &K, work: impl Future<Output = V> + Send + 'static) -> Option<V> {
        let mut awaited = {
            let mut under_way = lock(&self.0);
            match under_way.get(key) {
                Some(awaited) => awaited.clone(),
                None => {
                    let (found, awaited) = watch::channel(None);
                    under_way.insert(key.clone(), awaited.clone());
                    let ends = Ends(self.0.clone(), key.clone());
                    tokio::spawn(async move {
                        let value = work.await;
                        drop(ends);
                        found.send_replace(Some(value));
                    });
                    awaited
                }
            }
        };
        let found = awaited.wait_for(Option::is_some).await;
        found.ok().and_then(|found| found.clone())
    }
}

/// Work that others can join, until it is dropped.
struct Ends<K: Eq + Hash, V>(Arc<UnderWay<K, V>>, K);

impl<K: Eq + Hash, V> Drop for Ends<K, V> {
    fn drop(&mut self) {
        lock(&self.0).remove(&self.1);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test]
    async fn the_same_work_is_done_once_at_a_time() {
        let (joined, done) = (Joined::default(), Arc::new(AtomicUsize::new(0)));
        let work = || {
            let done = done.clone();
            async move {
                tokio::task::yield_now().await;
                done.fetch_add(1, Ordering::Relaxed)
            }
        };
        let (first, second, other) = tokio::join!(
            joined.run(&"a", work()),
            joined.run(&"a", work()),
            joined.run(&"b", work())
        );
        assert_eq!(first, second);
        assert_ne!(first, other);
        assert_eq!(done.load(Ordering::Relaxed), 2);
        assert_eq!(joined.run(&"a", work()).await, Some(2));
        let breaks = async { panic!("breaks off") };
        assert_eq!(joined.run(&"a", breaks).await, None);
        assert_eq!(joined.run(&"a", work()).await, Some(3));
    }
}
