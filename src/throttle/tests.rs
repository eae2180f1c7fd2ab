//! The arithmetic of the limits, with times that are given.

use super::*;

const START: UnixSeconds = UnixSeconds(1_000_000);

fn at(address: &str) -> Network {
    Network::of(ClientAddress::parse_node(address))
}

#[test]
fn after_the_burst_one_waits_and_then_may_try_again() {
    let throttle = Throttle::default();
    let keys = [Counted::AccountFrom(Account::Known("ola"), at("127.0.0.1"))];
    for _ in 0..8 {
        assert_eq!(throttle.wait(START, &keys), None);
        throttle.failed(START, &keys);
    }
    assert_eq!(throttle.wait(START, &keys), Some(Lifetime(30)));
    assert_eq!(throttle.wait(START + Lifetime(30), &keys), None);
    throttle.succeeded(&keys);
    assert_eq!(throttle.wait(START, &keys), None);
}

// Rule P22: a lock-out cannot be used to lock somebody out for ever.
#[test]
fn strangers_elsewhere_do_not_hold_up_a_person_at_home() {
    let throttle = Throttle::default();
    let home = [
        Counted::AccountFrom(Account::Known("ola"), at("192.0.2.1")),
        Counted::Account(Account::Known("ola")),
    ];
    assert!(throttle.is_new_home(START, "ola", at("192.0.2.1")));
    for i in 0..60 {
        let stranger = format!("198.51.100.{i}");
        let keys = [
            Counted::AccountFrom(Account::Known("ola"), at(&stranger)),
            Counted::Account(Account::Known("ola")),
        ];
        throttle.failed(START, &keys);
    }
    let elsewhere = [
        Counted::AccountFrom(Account::Known("ola"), at("203.0.113.1")),
        Counted::Account(Account::Known("ola")),
    ];
    assert!(throttle.wait(START, &elsewhere).is_some());
    assert_eq!(throttle.wait(START, &home), None);
    assert!(throttle.wait(START + HOME_FOR, &home).is_none());
}

#[test]
fn a_neighbor_behind_the_same_address_does_not_hold_up_a_person_at_home() {
    let throttle = Throttle::default();
    let network = at("192.0.2.1");
    for _ in 0..101 {
        throttle.failed(START, &[Counted::Anything(network)]);
    }
    let keys = [
        Counted::AccountFrom(Account::Known("ola"), network),
        Counted::Account(Account::Known("ola")),
        Counted::Anything(network),
    ];
    assert_eq!(throttle.wait(START, &keys), Some(Lifetime(4)));
    throttle.restore_home("ola", network, START + Lifetime(1));
    assert_eq!(throttle.wait(START, &keys), None);
    assert!(throttle.wait(START + Lifetime(1), &keys).is_some());
    // Wrong passwords for the account itself are slowed down all the same.
    for _ in 0..8 {
        throttle.failed(START, &keys);
    }
    assert_eq!(throttle.wait(START, &keys), Some(Lifetime(30)));
}

#[test]
fn what_one_site_uses_up_leaves_the_share_of_another() {
    let throttle = Throttle::default();
    let spend = |address: &str| {
        let network = at(address);
        throttle.spend(
            START,
            &[Counted::Unproven(network)],
            Counted::UnprovenShare(network.site()),
            &[Counted::UnprovenClient("app"), Counted::UnprovenInAll],
        )
    };
    // One /48 of many /64, of which each may do a hundred.
    let own = |i: u32| format!("2001:db8:1:{:x}::1", i / 50);
    let free = (0..5_000).take_while(|i| spend(&own(*i)).is_ok()).count();
    assert_eq!(free, 4 + 1_000);
    for _ in 0..4 {
        assert_eq!(spend("2001:db8:2:1::1"), Ok(()));
    }
    // Whichever is over first: a place of the share, or one of all.
    assert_eq!(spend("2001:db8:2:1::1"), Err(Lifetime(1)));
    assert_eq!(spend("192.0.2.1"), Ok(()));
}

#[test]
fn a_home_is_new_once_a_day() {
    let throttle = Throttle::default();
    let network = at("192.0.2.1");
    assert!(throttle.is_new_home(START, "ola", network));
    assert!(!throttle.is_new_home(START, "ola", network));
    assert!(throttle.is_new_home(START, "kari", network));
    assert!(!throttle.is_new_home(START + Lifetime::hours(23), "ola", network));
    assert!(throttle.is_new_home(START + Lifetime::days(1), "ola", network));
}

#[test]
fn the_addresses_of_one_network_count_as_one() {
    let same = [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff"),
        ("192.0.2.1", "::ffff:192.0.2.1"),
    ];
    for (a, b) in same {
        assert_eq!(at(a), at(b), "{a} {b}");
        assert_eq!(Network::from_bytes(at(a).bytes()), at(a));
    }
    let other = [
        ("2001:db8:1:2::1", "2001:db8:1:3::1"),
        ("192.0.2.1", "192.0.2.2"),
        ("::1", "127.0.0.1"),
    ];
    for (a, b) in other {
        assert_ne!(at(a), at(b), "{a} {b}");
    }
    assert_eq!(Network::of(None), at("no address"));
}

#[test]
fn a_clock_that_was_turned_back_costs_no_more_than_the_allowance() {
    let throttle = Throttle::default();
    let keys = [Counted::Client("web", at("127.0.0.1"))];
    throttle.failed(START, &keys);
    let earlier = START - Lifetime::hours(1);
    assert_eq!(throttle.wait(earlier, &keys), Some(Lifetime(5)));
    assert_eq!(throttle.wait(earlier + Lifetime(5), &keys), None);
}

#[test]
fn memory_stays_bounded_and_what_is_forgiven_goes() {
    let throttle = Throttle::default();
    for i in 0..MOST_KEYS + 10 {
        throttle.failed(START, &[Counted::Account(Account::Unknown(&i.to_string()))]);
        assert!(throttle.counted() <= MOST_KEYS);
    }
    throttle.forget_expired(START + Lifetime(10));
    assert_eq!(throttle.counted(), 0);
}
