//! A process that ends with its owner, and what the system tells about one. It knows no program.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Resource, Rlimit, Signal, getrlimit, kill_process, setrlimit};

use super::Outcome;

/// A running process; dropped, it is killed.
pub struct Process(Child);

impl Process {
    /// Starts a program without input.
    pub fn start(command: &mut Command) -> Outcome<Self> {
        let program = command.get_program().to_string_lossy().into_owned();
        let child = command
            .stdin(Stdio::null())
            .spawn()
            .map_err(|error| format!("{program}: {error}"))?;
        Ok(Self(child))
    }

    /// Its number.
    pub fn pid(&self) -> u32 {
        self.0.id()
    }

    /// The process as the standard library has it.
    pub fn child(&mut self) -> &mut Child {
        &mut self.0
    }

    /// Asks it to stop (SIGTERM) and waits until it has.
    pub fn stop(mut self) -> Outcome<()> {
        kill_process(Pid::from_child(&self.0), Signal::TERM)?;
        let status = self.0.wait()?;
        if status.success() {
            Ok(())
        } else {
            Err(format!("the process stopped with {status}").into())
        }
    }

    /// Its resident memory in KiB (`VmRSS`, proc(5)).
    pub fn resident(&self) -> Outcome<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid()))?;
        let value = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))
            .and_then(|rest| rest.split_whitespace().next());
        Ok(value.ok_or("a process without VmRSS")?.parse()?)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// CPU time of this thread so far, exact to the nanosecond (schedstat, proc(5)).
pub fn thread_cpu() -> Outcome<Duration> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    let nanoseconds = text
        .split_whitespace()
        .next()
        .ok_or("an empty schedstat")?
        .parse()?;
    Ok(Duration::from_nanos(nanoseconds))
}

/// CPU time of all processes together so far, in ticks of 10 ms over all cores: what is neither idle nor waiting (`/proc/stat`, proc(5)).
fn busy_ticks() -> Outcome<u64> {
    let text = std::fs::read_to_string("/proc/stat")?;
    let fields = text.lines().next().ok_or("an empty /proc/stat")?;
    let numbers = fields
        .split_whitespace()
        .skip(1)
        .map(|field| field.parse::<u64>().unwrap_or(0));
    // user, nice, system, idle, iowait, irq, softirq, steal
    Ok(numbers
        .enumerate()
        .filter(|(place, _)| *place < 8 && *place != 3 && *place != 4)
        .map(|(_, ticks)| ticks)
        .sum())
}

/// How much of the machine others use.
pub struct Others {
    since: Instant,
    busy: u64,
    own: Duration,
}

impl Others {
    /// From now on.
    pub fn watch() -> Outcome<Self> {
        Ok(Self {
            since: Instant::now(),
            busy: busy_ticks()?,
            own: thread_cpu()?,
        })
    }

    /// Cores that were busy, on average, without this thread.
    pub fn cores(&self) -> Outcome<f64> {
        let busy = (busy_ticks()? - self.busy) as f64 / 100.0;
        let own = thread_cpu()?.saturating_sub(self.own).as_secs_f64();
        Ok(((busy - own) / self.since.elapsed().as_secs_f64()).max(0.0))
    }
}

/// Lets this process and those that it starts open as many files as the system allows at all; returns how many that is.
pub fn raise_open_files() -> Outcome<u64> {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(
        Resource::Nofile,
        Rlimit {
            current: limit.maximum,
            maximum: limit.maximum,
        },
    )?;
    Ok(limit.maximum.unwrap_or(u64::MAX))
}
