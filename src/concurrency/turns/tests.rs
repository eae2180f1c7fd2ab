//! Who comes next, and who is refused.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll, Waker},
};

use super::*;

const LIMITS: Limits = Limits {
    at_once: 4,
    of_widest: |_| 1,
    waiting: 4,
};

/// Somebody who asks for a turn.
struct Asking(Pin<Box<dyn Future<Output = Option<Turn>>>>);

impl Asking {
    fn new(turns: &Turns, lane: Lane, party: &[&'static str]) -> Self {
        let (turns, party) = (turns.clone(), party.to_vec());
        let mut asking = Self(Box::pin(async move { turns.wait(lane, &party).await }));
        // In the line from now on, unless there is an answer already: the next look gets that.
        if let Some(answer) = asking.look() {
            asking.0 = Box::pin(std::future::ready(answer));
        }
        asking
    }

    /// `None` while it waits.
    fn look(&mut self) -> Option<Option<Turn>> {
        match self
            .0
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()))
        {
            Poll::Ready(answer) => Some(answer),
            Poll::Pending => None,
        }
    }

    fn waits(&mut self) -> bool {
        self.look().is_none()
    }

    fn turn(&mut self) -> Turn {
        self.look().expect("it waits").expect("it was refused")
    }

    fn is_refused(&mut self) -> bool {
        matches!(self.look(), Some(None))
    }
}

fn stranger(turns: &Turns, party: &[&'static str]) -> Asking {
    Asking::new(turns, Lane::Strangers, party)
}

#[test]
fn each_lane_has_a_place_that_the_others_never_hold() {
    let turns = Turns::new(LIMITS);
    let held = ["a", "b"].map(|site| stranger(&turns, &[site]).turn());
    assert!(stranger(&turns, &["c"]).waits());
    let known = |sub| Asking::new(&turns, Lane::Proven, &[sub]);
    let ola = known("ola").turn();
    assert!(known("kari").waits());
    drop((held, ola));
    let _held = ["ola", "kari"].map(|sub| known(sub).turn());
    assert!(known("boss").waits());
    let _stranger = stranger(&turns, &["c"]).turn();
    assert!(stranger(&turns, &["d"]).waits());
    let client = |id| Asking::new(&turns, Lane::Clients, &[id]);
    let _client = client("e").turn();
    assert!(client("f").waits());
}

#[test]
fn all_lanes_together_hold_no_more_than_there_is() {
    let turns = Turns::new(LIMITS);
    let mut held = Vec::new();
    for party in ["a", "b", "c"] {
        for lane in Lane::ALL {
            held.extend(Asking::new(&turns, lane, &[party]).look());
        }
    }
    assert_eq!(held.len(), LIMITS.at_once);
}

#[test]
fn a_party_has_one_place_however_many_names_it_has() {
    let turns = Turns::new(LIMITS);
    let known = |cookie| Asking::new(&turns, Lane::Proven, &["kari", cookie]);
    let held = known("1").turn();
    let mut second = known("2");
    assert!(second.waits());
    let ola = Asking::new(&turns, Lane::Proven, &["ola", "1"]).turn();
    drop((held, ola));
    second.turn();

    let wide = Turns::new(Limits {
        of_widest: |_| 2,
        ..LIMITS
    });
    let _held = stranger(&wide, &["site", "network", "a"]).turn();
    assert!(stranger(&wide, &["site", "network", "a"]).waits());
    let _other = stranger(&wide, &["site", "network", "b"]).turn();
}

#[test]
fn turns_go_round_by_the_widest_name_and_then_by_the_next() {
    let turns = Turns::new(Limits {
        at_once: 3,
        waiting: 10,
        ..LIMITS
    });
    let mut held = Some(stranger(&turns, &["held"]).turn());
    let parties: [&[&str]; 8] = [
        &["a", "1"],
        &["a", "1"],
        &["a", "1"],
        &["a", "2"],
        &["b", "1"],
        &["b", "2"],
        &["b", "2"],
        &["c", "1"],
    ];
    let mut asking: Vec<_> = parties
        .iter()
        .map(|party| stranger(&turns, party))
        .collect();
    let mut order = Vec::new();
    while order.len() < parties.len() {
        drop(held.take());
        let next = asking.iter_mut().enumerate().find_map(|(i, asking)| {
            let turn = (!order.contains(&i)).then(|| asking.look()).flatten()?;
            Some((i, turn))
        });
        let (i, turn) = next.unwrap();
        order.push(i);
        held = turn;
    }
    let names: Vec<_> = order.iter().map(|i| parties[*i].concat()).collect();
    assert_eq!(names, ["a1", "b1", "c1", "a2", "b2", "a1", "b2", "a1"]);
}

#[test]
fn a_newcomer_takes_the_place_of_the_latest_of_the_party_with_the_most() {
    let turns = Turns::new(Limits {
        at_once: 3,
        ..LIMITS
    });
    let _held = stranger(&turns, &["held"]).turn();
    let mut site: Vec<_> = ["1", "1", "2", "2"]
        .iter()
        .map(|network| stranger(&turns, &["site", network]))
        .collect();
    // More of the same party are refused at once.
    assert!(stranger(&turns, &["site", "1"]).is_refused());
    assert!(site.iter_mut().all(Asking::waits));
    let mut honest = stranger(&turns, &["honest", "1"]);
    assert!(honest.waits());
    assert!(site[3].is_refused());
    assert!(site[..3].iter_mut().all(Asking::waits));
    let mut other = stranger(&turns, &["other", "1"]);
    assert!(other.waits() && honest.waits());
    assert_eq!(turns.waiting(Lane::Strangers), 4);
    // All have few now.
    let _last = stranger(&turns, &["third", "1"]);
    assert!(stranger(&turns, &["fourth", "1"]).is_refused());
    assert_eq!(turns.waiting(Lane::Strangers), 4);
}

#[test]
fn who_leaves_gives_the_place_back() {
    let turns = Turns::new(Limits {
        at_once: 3,
        ..LIMITS
    });
    let held = stranger(&turns, &["a"]).turn();
    let waiting = stranger(&turns, &["b"]);
    drop(waiting);
    assert_eq!(turns.waiting(Lane::Strangers), 0);
    // Given, and never looked at.
    let given = stranger(&turns, &["b"]);
    drop(held);
    assert_eq!(turns.waiting(Lane::Strangers), 0);
    assert!(stranger(&turns, &["c"]).waits());
    drop(given);
    stranger(&turns, &["c"]).turn();
}
