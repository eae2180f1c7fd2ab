//! Turns for expensive work that strangers can cause: hashes of passwords and of chosen client secrets.
//!
//! The model:
//! - The number of places is limited, because each takes a processor and memory. Requests wait for one in **lanes**:
//!   parties that have proved something, strangers who sign in, clients that send a secret. A lane without work in
//!   progress always has a free place, which the others cannot take.
//! - A **party** has a path of names, from the widest to the narrowest: for a stranger the site, the network and the
//!   request; for an account its `sub`, then its origin. Turns go from one widest name to the next, and within each in
//!   the same way. A party with many narrow names (networks of a site, cookies of an account) has one share.
//! - A party has one piece of work at a time, and a widest name a bounded number.
//! - Few requests wait: no more than can be handled in about five seconds. Above that, a new request replaces the
//!   latest one of the party with the most; if no party has at least two more than the new one, the new request is
//!   rejected immediately.

mod waiting;

use std::{
    hash::{BuildHasher, Hash, RandomState},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::oneshot;

use self::waiting::{Path, Waiter, Waiting};

/// Lane of a party.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// Parties who have proved something.
    Proven,
    Strangers,
    /// Clients that have not proved anything yet.
    Clients,
}

impl Lane {
    const ALL: [Lane; 3] = [Lane::Proven, Lane::Strangers, Lane::Clients];
}

/// Maximum simultaneous work.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// At least one for each lane.
    pub at_once: usize,
    /// Maximum for one widest name of the lane.
    pub of_widest: fn(Lane) -> usize,
    /// Maximum number of waiting requests in one lane.
    pub waiting: usize,
}

/// Cheap to clone.
#[derive(Clone)]
pub struct Turns(Arc<Shared>);

struct Shared {
    limits: Limits,
    hasher: RandomState,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Parties with work in progress.
    working: Vec<(Lane, Path)>,
    waiting: [Waiting; Lane::ALL.len()],
    next_id: u64,
}

/// Right to do one piece of work, until it is dropped.
pub struct Turn {
    shared: Arc<Shared>,
    lane: Lane,
    path: Path,
}

impl Turns {
    pub fn new(limits: Limits) -> Self {
        Self(Arc::new(Shared {
            limits,
            hasher: RandomState::new(),
            state: Mutex::default(),
        }))
    }

    /// Waits for the party's turn. The names of the party are at most three, the widest first. `None` if too many wait.
    pub async fn wait(&self, lane: Lane, party: &[impl Hash]) -> Option<Turn> {
        let mut path = Path::default();
        for (key, name) in path.iter_mut().zip(party) {
            *key = self.0.hasher.hash_one(name);
        }
        let mut place = self.0.line_up(lane, path)?;
        (&mut place.given).await.ok()?;
        place.is_mine = true;
        Some(Turn {
            shared: self.0.clone(),
            lane,
            path,
        })
    }

    /// Number of waiting requests in the lane.
    pub fn waiting(&self, lane: Lane) -> usize {
        self.0.state().lane(lane).len()
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn line_up(self: &Arc<Self>, lane: Lane, path: Path) -> Option<Place> {
        let (give, given) = oneshot::channel();
        let mut state = self.state();
        let id = state.next_id;
        state.next_id += 1;
        state.lane(lane).push(path, Waiter { id, give });
        state.hand_out(&self.limits);
        let waiting = state.lane(lane);
        if waiting.len() > self.limits.waiting && waiting.drop_one(path, id) {
            return None;
        }
        Some(Place {
            shared: self.clone(),
            lane,
            path,
            id,
            given,
            is_mine: false,
        })
    }

    fn end(&self, lane: Lane, path: Path) {
        let mut state = self.state();
        let mut working = state.working.iter();
        if let Some(place) = working.position(|work| *work == (lane, path)) {
            state.working.swap_remove(place);
        }
        state.hand_out(&self.limits);
    }
}

impl State {
    fn lane(&mut self, lane: Lane) -> &mut Waiting {
        &mut self.waiting[lane as usize]
    }

    fn hand_out(&mut self, limits: &Limits) {
        loop {
            let mut lanes = Lane::ALL.into_iter();
            let next = lanes.find_map(|lane| Some((lane, self.next(lane, limits)?)));
            let Some((lane, (path, waiter))) = next else {
                return;
            };
            // A waiting request removes itself from the queue before it leaves, so there is a receiver.
            if waiter.give.send(()).is_ok() {
                self.working.push((lane, path));
            }
        }
    }

    /// Next request of the lane that can run now.
    fn next(&mut self, lane: Lane, limits: &Limits) -> Option<(Path, Waiter)> {
        let works = |lane: &Lane| self.working.iter().any(|(of, _)| of == lane);
        let others = Lane::ALL.into_iter().filter(|other| *other != lane);
        let kept_free = others.filter(|other| !works(other)).count();
        if self.working.len() + kept_free >= limits.at_once {
            return None;
        }
        let working: Vec<Path> = self
            .working
            .iter()
            .filter(|(of, _)| *of == lane)
            .map(|(_, path)| *path)
            .collect();
        let may_work = |path: &Path| {
            let of_widest = working.iter().filter(|other| other[0] == path[0]).count();
            of_widest < (limits.of_widest)(lane) && !working.contains(path)
        };
        self.lane(lane).take(may_work)
    }
}

/// A place in the line, which is left when it is dropped.
struct Place {
    shared: Arc<Shared>,
    lane: Lane,
    path: Path,
    id: u64,
    given: oneshot::Receiver<()>,
    /// Whether a [`Turn`] now ends the work when dropped.
    is_mine: bool,
}

impl Drop for Place {
    fn drop(&mut self) {
        if self.is_mine {
            return;
        }
        let waits = self
            .shared
            .state()
            .lane(self.lane)
            .remove(self.path, self.id);
        // It may just have been granted.
        if !waits && self.given.try_recv().is_ok() {
            self.shared.end(self.lane, self.path);
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.shared.end(self.lane, self.path);
    }
}

#[cfg(test)]
mod tests;
