//! Who makes room for whom.

use std::collections::HashSet;

use super::*;

fn peer(address: &str) -> Option<SocketAddr> {
    Some(SocketAddr::new(address.parse().unwrap(), 40_000))
}

/// Whether the connection was told to make room.
fn is_evicted(admission: &Admission) -> bool {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.unwrap().block_on(async {
        tokio::select! {
            biased;
            () = admission.activity.evicted() => true,
            () = std::future::ready(()) => false,
        }
    })
}

fn set_moved(admission: &Admission, at: u64) {
    admission.activity.moved_at.store(at, Ordering::Relaxed);
}

#[test]
fn one_network_has_so_many_connections_and_then_its_stalest_makes_room() {
    let connections = Connections::new(100_000, 2, Vec::new());
    let mut open: Vec<_> = (0..MOST_OF_NETWORK)
        // RFC 6177 §2: one household has a /64.
        .map(|at| connections.admit(peer(&format!("2001:db8::{at:x}"))))
        .collect();
    for (at, admission) in (0..).zip(&open) {
        set_moved(admission, at + 10);
    }
    set_moved(&open[77], 3);
    let other = connections.admit(peer("2001:db8:0:1::1"));
    assert!(!open.iter().any(is_evicted));
    open.push(connections.admit(peer("2001:db8::ffff")));
    let evicted: Vec<_> = open.iter().map(is_evicted).collect();
    assert_eq!(evicted.iter().position(|evicted| *evicted), Some(77));
    assert_eq!(evicted.iter().filter(|evicted| **evicted).count(), 1);
    assert!(!is_evicted(&other));
    // Those that end make room, too.
    open.truncate(10);
    let more: Vec<_> = (0..MOST_OF_NETWORK - 10)
        .map(|_| connections.admit(peer("2001:db8::1")))
        .collect();
    assert!(!open.iter().chain(&more).any(is_evicted));
}

// Everybody behind a proxy comes from one address.
#[test]
fn a_trusted_proxy_and_this_machine_are_limited_only_in_all() {
    let connections = Connections::new(100_000, 2, vec!["10.0.0.0/8".parse().unwrap()]);
    for address in ["127.0.0.1", "::1", "::ffff:127.0.0.1", "10.1.2.3"] {
        let open: Vec<_> = (0..MOST_OF_NETWORK + 100)
            .map(|_| connections.admit(peer(address)))
            .collect();
        assert!(!open.iter().any(is_evicted), "{address}");
    }
}

// However many there are, a newcomer finds a place, at the cost of the network that has most of them.
#[test]
fn where_all_places_are_taken_the_largest_network_makes_room() {
    let connections = Connections::new(408, 2, Vec::new());
    let few: Vec<_> = (0..100)
        .map(|at| connections.admit(peer(&format!("192.0.2.{at}"))))
        .collect();
    let many: Vec<_> = (0..172)
        .map(|_| connections.admit(peer("127.0.0.1")))
        .collect();
    assert!(!few.iter().chain(&many).any(is_evicted));
    let newcomers: Vec<_> = (0..50)
        .map(|at| connections.admit(peer(&format!("198.51.100.{at}"))))
        .collect();
    assert!(!few.iter().chain(&newcomers).any(is_evicted));
    assert_eq!(many.iter().filter(|open| is_evicted(open)).count(), 50);
}

#[test]
fn descriptors_are_left_for_everything_else() {
    for (descriptors, workers, most, most_of_worker) in [
        (24, 2, 2, 2),
        (64, 2, 16, 9),
        (96, 2, 32, 18),
        (256, 2, 120, 67),
        (1024, 2, 888, 499),
        (1024, 64, 640, 50),
        (4096, 4, 3952, 1052),
        (u64::MAX, 2, 4096, 2112),
    ] {
        let connections = Connections::new(descriptors, workers, Vec::new());
        assert_eq!(connections.most, most, "{descriptors}");
        assert_eq!(
            connections.most_of_worker(),
            most_of_worker,
            "{descriptors}"
        );
    }
    let networks: HashSet<_> = ["192.0.2.1", "::ffff:192.0.2.1"]
        .map(|address| {
            Connections::new(64, 2, Vec::new())
                .admit(peer(address))
                .network
        })
        .into();
    assert_eq!(networks.len(), 1);
}
