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
    throttle.remember_home("ola", at("192.0.2.1"), START + HOME_FOR);
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
    throttle.remember_home("ola", network, START + Lifetime(1));
    assert_eq!(throttle.wait(START, &keys), None);
    assert!(throttle.wait(START + Lifetime(1), &keys).is_some());
    // Wrong passwords for the account itself are slowed down all the same.
    for _ in 0..8 {
        throttle.failed(START, &keys);
    }
    assert_eq!(throttle.wait(START, &keys), Some(Lifetime(30)));
}

#[test]
fn what_is_spent_is_counted_by_network_and_by_site_or_not_at_all() {
    let throttle = Throttle::default();
    let spend = |address: &str| {
        let network = at(address);
        let counted = [
            Counted::Unproven(network),
            Counted::UnprovenOfSite(network.site()),
        ];
        throttle.spend(START, &counted)
    };
    let of_one = |network: &str| (0..200).filter(|_| spend(network).is_ok()).count();
    let networks = ["2001:db8:1:1::1", "2001:db8:1:2::1", "2001:db8:1:3::1"];
    assert_eq!(networks.map(of_one), [100; 3]);
    assert_eq!(spend("2001:db8:1:4::1"), Err(Lifetime(2)));
    assert_eq!(spend("2001:db8:2:1::1"), Ok(()));
}

// Cheap requests from many networks made everybody's guesses free again.
#[test]
fn no_flood_of_another_kind_or_of_fresh_keys_makes_a_lock_forgotten() {
    let throttle = Throttle::default();
    let locked = [Counted::AccountFrom(Account::Known("ola"), at("192.0.2.1"))];
    let code = [Counted::UserCodes(at("192.0.2.1"))];
    while throttle.wait(START, &locked).is_none() {
        throttle.failed(START, &locked);
    }
    while throttle.wait(START, &code).is_none() {
        throttle.failed(START, &code);
    }
    let network = |i: usize| Network::V4(u32::try_from(i).unwrap().to_be_bytes());
    for i in 0..2 * MOST_KEYS + 10 {
        // Each of them owes more than the locks.
        throttle.failed(START, &[Counted::Registration(network(i)); 9]);
        throttle.failed(START, &[Counted::UserCodes(network(i))]);
    }
    assert!(throttle.wait(START, &locked).is_some());
    assert!(throttle.wait(START, &code).is_some());
    assert!(throttle.counted() <= 2 * MOST_KEYS + 1);
}

#[test]
fn a_home_is_new_once_a_day() {
    let throttle = Throttle::default();
    let network = at("192.0.2.1");
    let remember = |now| throttle.remember_home("ola", network, now + HOME_FOR);
    assert!(throttle.is_new_home(START, "ola", network));
    // Until it is stored.
    assert!(throttle.is_new_home(START, "ola", network));
    remember(START);
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
