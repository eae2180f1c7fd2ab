//! Waiting requests by party: a tree, from which the next is taken in turn at each level.

use std::collections::VecDeque;

use tokio::sync::oneshot;

/// Names of a party as hashes, the widest first.
pub(super) type Path = [u64; 3];

pub(super) struct Waiter {
    pub id: u64,
    pub give: oneshot::Sender<()>,
}

/// Parties with waiting requests, in the order of their turns.
#[derive(Default)]
pub(super) struct Waiting {
    count: usize,
    round: VecDeque<(u64, Waiting)>,
    /// At the narrowest name: requests of one party.
    line: VecDeque<Waiter>,
}

impl Waiting {
    pub(super) fn len(&self) -> usize {
        self.count
    }

    pub(super) fn push(&mut self, path: Path, waiter: Waiter) {
        self.push_at(&path, waiter);
    }

    fn push_at(&mut self, names: &[u64], waiter: Waiter) {
        self.count += 1;
        let Some((name, narrower)) = names.split_first() else {
            return self.line.push_back(waiter);
        };
        let known = self.round.iter().position(|(known, _)| known == name);
        let at = known.unwrap_or_else(|| {
            self.round.push_back((*name, Waiting::default()));
            self.round.len() - 1
        });
        self.round[at].1.push_at(narrower, waiter);
    }

    /// Takes the next request of a party that can run; the party then has its next turn after all others.
    pub(super) fn take(&mut self, may_work: impl Fn(&Path) -> bool) -> Option<(Path, Waiter)> {
        self.take_at(&mut Path::default(), 0, &may_work)
    }

    fn take_at(
        &mut self,
        path: &mut Path,
        level: usize,
        may_work: &impl Fn(&Path) -> bool,
    ) -> Option<(Path, Waiter)> {
        if level == path.len() {
            let waiter = may_work(path).then(|| self.line.pop_front()).flatten()?;
            self.count -= 1;
            return Some((*path, waiter));
        }
        for at in 0..self.round.len() {
            let (name, party) = &mut self.round[at];
            path[level] = *name;
            let Some(taken) = party.take_at(path, level + 1, may_work) else {
                continue;
            };
            self.count -= 1;
            let served = self.round.remove(at);
            self.round
                .extend(served.filter(|(_, party)| party.count > 0));
            return Some(taken);
        }
        None
    }

    /// Removes one request: the latest of the party with the most, or the new one, which is already counted, if no
    /// party has more than its party. Returns whether it was the new one.
    pub(super) fn drop_one(&mut self, newcomer: Path, id: u64) -> bool {
        let (mut path, mut here, mut is_newcomers) = (newcomer, &*self, true);
        for name in &mut path {
            let own = here
                .round
                .iter()
                .find(|(key, _)| is_newcomers && key == name);
            let most = here.round.iter().max_by_key(|(_, party)| party.count);
            let own = own.filter(|(_, own)| most.is_none_or(|(_, most)| most.count <= own.count));
            is_newcomers = own.is_some();
            let Some((key, party)) = own.or(most) else {
                break;
            };
            (*name, here) = (*key, party);
        }
        let latest = here.line.back().map_or(id, |waiter| waiter.id);
        self.remove(path, latest);
        latest == id
    }

    /// Removes this request; returns whether it was waiting.
    pub(super) fn remove(&mut self, path: Path, id: u64) -> bool {
        self.remove_at(&path, id)
    }

    fn remove_at(&mut self, names: &[u64], id: u64) -> bool {
        let removed = match names.split_first() {
            None => {
                let before = self.line.len();
                self.line.retain(|waiter| waiter.id != id);
                self.line.len() < before
            }
            Some((name, narrower)) => {
                let known = self.round.iter().position(|(known, _)| known == name);
                let Some(at) = known else { return false };
                let removed = self.round[at].1.remove_at(narrower, id);
                if self.round[at].1.count == 0 {
                    self.round.remove(at);
                }
                removed
            }
        };
        self.count -= usize::from(removed);
        removed
    }
}
