//! Two processes: one that reads the project and cannot write, one that writes and never reads the project.
//!
//! The parent starts this same program again as the *worker*. The worker gives up writing, executing and sockets
//! (see [`crate::sandbox`]) before the first project file is opened, does the work, and sends what is to be written
//! back through its standard output as frames. The parent, which has not touched a byte of the project, writes them.
//!
//! What the worker cannot have, because it has no sockets, it asks the parent for with a frame: the running database, and
//! answers to questions about public facts. Answers come through its standard input, each with its length before it. The
//! worker asks after it has read the project's rules, which may forbid the network; the parent reaches out only when it is
//! asked.
//!
//! A frame is one byte for its kind, four bytes for an index and eight for a length (little endian), then the bytes.

use std::io::{Read, Write};
use std::process::{Command, ExitCode, Stdio};

use crate::exit::{Failure, Status};

/// Set for the worker process.
const MARK: &str = "LUNETTE_WORKER";
/// Tells the worker how wide the terminal is and whether to use colours.
const TERMINAL: &str = "LUNETTE_TERMINAL";
/// Largest answer that a worker takes.
const MAX_ANSWER: u64 = 256 << 20;
/// Largest frame accepted: a report of a gigabyte is a fault, not a report.
const MAX_FRAME: u64 = 1 << 30;

/// What a worker sends.
#[derive(Debug)]
pub(crate) enum Frame {
    /// The content of the `-o` file with this index.
    Output(u32, Vec<u8>),
    /// Text for standard output.
    Stdout(Vec<u8>),
    /// Something the worker needs from outside, with what it says of it.
    Need(Need, Vec<u8>),
    /// The end: exit code, and a message for standard error (may be empty).
    End(u8, Vec<u8>),
}

/// What a worker may ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// The catalogue of the running database.
    Database,
    /// Research on the web.
    Research,
}

/// How the parent gets what the worker asks for.
pub(crate) type Supply<'a> = &'a mut dyn FnMut(Need, &[u8]) -> Result<Vec<u8>, Failure>;

/// How the parent's terminal looks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terminal {
    /// Columns.
    pub(crate) width: usize,
    /// Whether to use colours.
    pub(crate) color: bool,
}

impl Terminal {
    /// Of this process's standard output, or as the parent told.
    pub(crate) fn current(choice: anstream::ColorChoice) -> Self {
        if let Ok(told) = std::env::var(TERMINAL)
            && let Some((width, color)) = told.split_once(' ')
        {
            return Terminal { width: width.parse().unwrap_or(100), color: color == "color" };
        }
        let color = match choice {
            anstream::ColorChoice::Always | anstream::ColorChoice::AlwaysAnsi => true,
            anstream::ColorChoice::Never => false,
            anstream::ColorChoice::Auto => {
                anstream::AutoStream::choice(&std::io::stdout()) != anstream::ColorChoice::Never
            }
        };
        let width = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
        let width =
            width.or_else(|| terminal_size::terminal_size().map(|(width, _)| usize::from(width.0))).unwrap_or(100);
        Terminal { width: width.clamp(40, 160), color }
    }
}

/// Whether this process is the worker.
pub(crate) fn is_worker() -> bool {
    std::env::var_os(MARK).is_some()
}

/// How the allocators give memory back, where nobody has set it. jemalloc (`TUNING.md` there): one arena, since only lowering
/// runs on more threads than one, and what is free goes back after 0.2 s, not 10. glibc's, on other platforms (`mallopt(3)`,
/// bytes): what it keeps at the end of a heap, and from which size on a block goes back as soon as it is freed.
const GIVE_BACK: [(&str, &str); 3] = [
    ("_RJEM_MALLOC_CONF", "narenas:1,dirty_decay_ms:200,muzzy_decay_ms:0"),
    ("MALLOC_TRIM_THRESHOLD_", "33554432"),
    ("MALLOC_MMAP_THRESHOLD_", "1048576"),
];

/// In the parent: runs the worker with this process's own arguments and hands each frame on. `supply` gives what the worker
/// asks for; without it, it may not ask.
///
/// # Errors
/// When the worker cannot be started, or ends without saying so, or what it needs cannot be had.
pub(crate) fn run(
    terminal: Terminal,
    mut supply: Option<Supply<'_>>,
    mut each: impl FnMut(Frame) -> Result<(), Failure>,
) -> Result<Status, Failure> {
    let program =
        std::env::current_exe().map_err(|error| Failure::internal(format!("cannot find this program: {error}")))?;
    let limits = GIVE_BACK.into_iter().filter(|(variable, _)| std::env::var_os(variable).is_none());
    let mut child = Command::new(program)
        .args(std::env::args_os().skip(1))
        .envs(limits)
        .env(MARK, "1")
        .env(TERMINAL, format!("{} {}", terminal.width, if terminal.color { "color" } else { "plain" }))
        .stdin(if supply.is_some() { Stdio::piped() } else { Stdio::null() })
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| Failure::internal(format!("cannot start the confined worker: {error}")))?;
    let mut answers = child.stdin.take();
    let mut pipe = child.stdout.take().ok_or_else(|| Failure::internal("the worker has no output".to_owned()))?;
    let mut end = None;
    while let Some(frame) = read_frame(&mut pipe)? {
        match frame {
            Frame::End(code, message) => end = Some((code, message)),
            Frame::Need(need, said) => {
                let supply = supply
                    .as_mut()
                    .ok_or_else(|| Failure::internal("the worker asked for something that was not allowed"))?;
                // The worker waits for the answer and reads nothing else meanwhile. One that is gone is noticed below.
                let answer = supply(need, &said)?;
                drop(answers.as_mut().map(|pipe| write_answer(pipe, &answer)));
            }
            frame => each(frame)?,
        }
    }
    drop(answers);
    let status = child.wait().map_err(|error| Failure::internal(format!("the worker was lost: {error}")))?;
    match end {
        Some((code, message)) if message.is_empty() => Ok(Status(code)),
        Some((code, message)) => Err(Failure { code, message: String::from_utf8_lossy(&message).into_owned() }),
        None => {
            Err(Failure::internal(format!("the confined worker ended early ({status}); the assessment is incomplete")))
        }
    }
}

fn write_answer(pipe: &mut impl Write, answer: &[u8]) -> std::io::Result<()> {
    pipe.write_all(&(answer.len() as u64).to_le_bytes())?;
    pipe.write_all(answer)?;
    pipe.flush()
}

/// In the worker: asks the parent for something and waits for it.
///
/// # Errors
/// When no whole answer comes.
pub(crate) fn need(need: Need, said: Vec<u8>, send: &mut dyn FnMut(Frame)) -> Result<Vec<u8>, Failure> {
    send(Frame::Need(need, said));
    read_answer(&mut std::io::stdin().lock())
}

fn read_answer(pipe: &mut impl Read) -> Result<Vec<u8>, Failure> {
    let broken = |error: std::io::Error| Failure::internal(format!("what was asked for did not arrive: {error}"));
    let mut length = [0u8; 8];
    pipe.read_exact(&mut length).map_err(broken)?;
    let length = u64::from_le_bytes(length);
    if length > MAX_ANSWER {
        return Err(Failure::internal(format!("an answer of {length} bytes is too large")));
    }
    let mut bytes = Vec::new();
    pipe.take(length).read_to_end(&mut bytes).map_err(broken)?;
    if bytes.len() as u64 == length {
        Ok(bytes)
    } else {
        Err(Failure::internal("what was asked for broke off".to_owned()))
    }
}

/// In the worker: runs the work and sends its end.
pub(crate) fn serve(work: impl FnOnce(&mut dyn FnMut(Frame)) -> Result<Status, Failure>) -> ExitCode {
    let mut out = std::io::stdout().lock();
    let mut failed = false;
    let result = work(&mut |frame| failed |= write_frame(&mut out, &frame).and_then(|()| out.flush()).is_err());
    let end = match result {
        Ok(Status(code)) => Frame::End(code, Vec::new()),
        Err(failure) => Frame::End(failure.code, failure.message.into_bytes()),
    };
    failed |= write_frame(&mut out, &end).and_then(|()| out.flush()).is_err();
    if failed { ExitCode::from(Failure::INCOMPLETE) } else { ExitCode::SUCCESS }
}

fn write_frame(out: &mut impl Write, frame: &Frame) -> std::io::Result<()> {
    let (kind, index, bytes) = match frame {
        Frame::Output(index, bytes) => (0u8, *index, bytes),
        Frame::Stdout(bytes) => (1, 0, bytes),
        Frame::End(code, bytes) => (2, u32::from(*code), bytes),
        Frame::Need(Need::Database, bytes) => (3, 0, bytes),
        Frame::Need(Need::Research, bytes) => (3, 1, bytes),
    };
    out.write_all(&[kind])?;
    out.write_all(&index.to_le_bytes())?;
    out.write_all(&(bytes.len() as u64).to_le_bytes())?;
    out.write_all(bytes)
}

fn read_frame(pipe: &mut impl Read) -> Result<Option<Frame>, Failure> {
    let broken = |error: std::io::Error| Failure::internal(format!("the worker's answer broke off: {error}"));
    let mut kind = [0u8; 1];
    if pipe.read(&mut kind).map_err(broken)? == 0 {
        return Ok(None);
    }
    let mut index = [0u8; 4];
    let mut length = [0u8; 8];
    pipe.read_exact(&mut index).map_err(broken)?;
    pipe.read_exact(&mut length).map_err(broken)?;
    let (index, length) = (u32::from_le_bytes(index), u64::from_le_bytes(length));
    if length > MAX_FRAME {
        return Err(Failure::internal(format!("the worker announced {length} bytes")));
    }
    let mut bytes = Vec::new();
    pipe.take(length).read_to_end(&mut bytes).map_err(broken)?;
    if bytes.len() as u64 != length {
        return Err(Failure::internal("the worker's answer broke off".to_owned()));
    }
    Ok(Some(match kind[0] {
        0 => Frame::Output(index, bytes),
        1 => Frame::Stdout(bytes),
        2 => Frame::End(u8::try_from(index).unwrap_or(Failure::INCOMPLETE), bytes),
        3 if index == 0 => Frame::Need(Need::Database, bytes),
        3 if index == 1 => Frame::Need(Need::Research, bytes),
        other => return Err(Failure::internal(format!("the worker sent a frame of unknown kind {other}"))),
    }))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn frames_round_trip_and_truncation_is_noticed() {
        let mut bytes = Vec::new();
        write_frame(&mut bytes, &Frame::Output(3, b"report".to_vec())).unwrap();
        write_frame(&mut bytes, &Frame::End(1, Vec::new())).unwrap();
        let mut pipe = bytes.as_slice();
        assert!(matches!(read_frame(&mut pipe).unwrap(), Some(Frame::Output(3, content)) if content == b"report"));
        assert!(matches!(read_frame(&mut pipe).unwrap(), Some(Frame::End(1, _))));
        assert!(read_frame(&mut pipe).unwrap().is_none());
        assert!(read_frame(&mut &bytes[..10]).is_err());
        let mut bytes = Vec::new();
        write_frame(&mut bytes, &Frame::Need(Need::Research, b"[]".to_vec())).unwrap();
        assert!(
            matches!(read_frame(&mut bytes.as_slice()).unwrap(), Some(Frame::Need(Need::Research, said)) if said == b"[]")
        );
    }

    #[test]
    fn answers_round_trip_and_half_ones_are_noticed() {
        let mut bytes = Vec::new();
        write_answer(&mut bytes, b"catalogue").unwrap();
        write_answer(&mut bytes, b"").unwrap();
        let mut pipe = bytes.as_slice();
        assert_eq!(read_answer(&mut pipe).unwrap(), b"catalogue");
        assert_eq!(read_answer(&mut pipe).unwrap(), b"");
        assert!(read_answer(&mut pipe).is_err());
        assert!(read_answer(&mut &bytes[..12]).is_err());
        assert!(read_answer(&mut [255u8; 16].as_slice()).is_err());
    }
}
