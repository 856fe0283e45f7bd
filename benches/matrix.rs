//! Matrix: how long a message takes in a room whose members all wait in `/sync`, what a waiting `/sync` costs beside an idle connection, and
//! how long it takes to wake, in one room and in many. Run with `cargo bench --bench matrix`, or with names of cases behind `--`: send, parked,
//! wake.

#[expect(dead_code, reason = "each benchmark uses its part of it")]
mod support;

use std::time::{Duration, Instant};

use tempfile::TempDir;

use support::daemon::Daemon;
use support::device::Device;
use support::disk::flush_p99;
use support::process::raise_open_files;
use support::report::{Bound, Table, Targets, median, number, p99};
use support::{Outcome, chosen, rounds, say, wants};

/// Members of the room in which messages are sent, all of whom wait.
const MEMBERS: usize = 10;
/// Messages of a measurement.
const MESSAGES: usize = 300;
/// What a message may take besides one flush, in milliseconds.
const OWN: f64 = 2.0;
/// Between messages: all who were woken wait again.
const SETTLE: Duration = Duration::from_millis(5);
/// Devices that wait, and how many of them an account has: logging in is what takes long.
const DEVICES: usize = 1000;
const PER_ACCOUNT: usize = 20;
/// What a waiting request may cost, in KiB.
const PARKED: f64 = 2.0;
/// Rooms of somebody who is in many.
const ROOMS: usize = 500;
/// Times the wake in one room within which it is no slower in many: what two equal measurements differ by.
const SAME: f64 = 1.1;

fn main() -> Outcome<()> {
    let Some(chosen) = chosen() else {
        return Ok(());
    };
    let files = raise_open_files()?;
    say(&format!(
        "Medians of {} rounds; {files} open files",
        rounds()
    ));
    let mut targets = Targets::default();
    if wants(&chosen, "send") {
        send(&mut targets)?;
    }
    if wants(&chosen, "parked") {
        parked(&mut targets)?;
    }
    if wants(&chosen, "wake") {
        wake(&mut targets)?;
    }
    targets.print();
    Ok(())
}

/// Milliseconds that something takes.
fn timed(act: impl FnOnce() -> Outcome<()>) -> Outcome<f64> {
    let start = Instant::now();
    act()?;
    Ok(start.elapsed().as_secs_f64() * 1e3)
}

/// One member speaks; all of them, he too, wait on connections of their own.
fn send(targets: &mut Targets) -> Outcome<()> {
    let (mut medians, mut tails, mut flushes) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rounds() {
        let home = TempDir::with_prefix("polylogue-bench-")?;
        let before = flush_p99(home.path())?;
        let daemon = Daemon::development(home.path())?;
        let mut speaker = Device::register(&daemon, "member0")?;
        let room = speaker.room()?;
        let mut members = vec![speaker.again()?];
        for member in 1..MEMBERS {
            let mut member = Device::register(&daemon, &format!("member{member}"))?;
            member.join(&room)?;
            members.push(member);
        }
        members.iter_mut().try_for_each(Device::catch_up)?;
        // They have seen each other come.
        members.iter_mut().try_for_each(Device::catch_up)?;
        let mut times = Vec::with_capacity(MESSAGES);
        for message in 0..MESSAGES {
            members.iter_mut().try_for_each(Device::park)?;
            std::thread::sleep(SETTLE);
            times.push(timed(|| speaker.say(&room, message))?);
            members.iter_mut().try_for_each(Device::wake)?;
        }
        flushes.push(f64::midpoint(before, flush_p99(home.path())?));
        medians.push(median(times.clone()));
        tails.push(p99(times));
    }
    let (middle, tail, flush) = (median(medians), median(tails), median(flushes));
    let mut table = Table::new(&["PUT send", "p50 ms", "p99 ms", "flush p99 ms"]);
    table.row(vec![
        format!("{MEMBERS} members"),
        number(middle),
        number(tail),
        number(flush),
    ]);
    table.print("Send: a room in which every member waits in /sync");
    let what = format!("send: median ms, within {OWN} and one flush");
    targets.check(what, middle, Bound::AtMost(OWN + flush));
    Ok(())
}

/// Connections that are idle after a request, then with an attached device, then with a request that waits.
fn parked(targets: &mut Targets) -> Outcome<()> {
    let mut steps = [Vec::new(), Vec::new(), Vec::new()];
    for _ in 0..rounds() {
        let home = TempDir::with_prefix("polylogue-bench-")?;
        let daemon = Daemon::development(home.path())?;
        let mut logins = Vec::with_capacity(DEVICES);
        for device in 0..DEVICES {
            let name = format!("user{}", device / PER_ACCOUNT);
            logins.push(match device % PER_ACCOUNT {
                0 => Device::register(&daemon, &name)?,
                _ => Device::log_in(&daemon, &name)?,
            });
        }
        let bare = daemon.process.resident()?;
        // The connections over which they logged in stay, and cost the same throughout.
        let mut devices = Vec::with_capacity(DEVICES);
        for login in &logins {
            let mut device = login.again()?;
            device.ask("GET", "/account/whoami", None)?;
            devices.push(device);
        }
        let mut before = daemon.process.resident()?;
        let mut costs = vec![before - bare];
        devices.iter_mut().try_for_each(Device::catch_up)?;
        // What the first sync tells of the user himself is over.
        devices.iter_mut().try_for_each(Device::catch_up)?;
        costs.push(daemon.process.resident()? - before);
        before = daemon.process.resident()?;
        devices.iter_mut().try_for_each(Device::park)?;
        std::thread::sleep(SETTLE * 100);
        costs.push(daemon.process.resident()? - before);
        for (step, cost) in steps.iter_mut().zip(costs) {
            step.push(cost / DEVICES as f64);
        }
    }
    let [idle, attached, parked] = steps.map(median);
    let mut table = Table::new(&[
        "KiB RSS each",
        "idle connection",
        "device attached",
        "/sync waits",
    ]);
    table.row(vec![
        format!("{DEVICES} devices"),
        number(idle),
        number(attached),
        number(parked),
    ]);
    table.print("Parked: what each step adds");
    // A device stays attached between its requests, waiting or not: that is its own row.
    targets.check(
        "parked: KiB RSS that a waiting /sync adds to the idle connection of its device",
        parked,
        Bound::AtMost(PARKED),
    );
    Ok(())
}

/// Somebody in one room and somebody in many are woken by turns.
fn wake(targets: &mut Targets) -> Outcome<()> {
    let mut medians = [Vec::new(), Vec::new()];
    for _ in 0..rounds() {
        let home = TempDir::with_prefix("polylogue-bench-")?;
        let daemon = Daemon::development(home.path())?;
        let mut speaker = Device::register(&daemon, "speaker")?;
        let mut readers = Vec::new();
        for (name, rooms) in [("few", 1), ("many", ROOMS)] {
            let mut reader = Device::register(&daemon, name)?;
            let room = speaker.room()?;
            reader.join(&room)?;
            for _ in 1..rooms {
                reader.room()?;
            }
            reader.catch_up()?;
            readers.push((reader, room, Vec::new()));
        }
        for message in 0..MESSAGES {
            for (reader, room, times) in &mut readers {
                reader.park()?;
                std::thread::sleep(SETTLE);
                let start = Instant::now();
                speaker.say(room, message)?;
                reader.wake()?;
                times.push(start.elapsed().as_secs_f64() * 1e3);
            }
        }
        for (all, (_, _, times)) in medians.iter_mut().zip(readers) {
            all.push(median(times));
        }
    }
    let [few, many] = medians.map(median);
    let mut table = Table::new(&["from send to wake", "p50 ms"]);
    table.row(vec!["in 1 room".to_owned(), number(few)]);
    table.row(vec![format!("in {ROOMS} rooms"), number(many)]);
    table.print("Wake: a message for somebody who waits in /sync");
    targets.check(
        format!("wake: in {ROOMS} rooms, times that in one"),
        many / few,
        Bound::AtMost(SAME),
    );
    Ok(())
}
