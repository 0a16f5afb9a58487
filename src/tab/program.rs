//! The program in the tab: calls from `engine/tab/program.js`, one at a time.
//!
//! A call reads its bytes from the input, leaves bytes in the output, and returns a [`Status`].

use std::cell::RefCell;
use std::path::Path;
use std::sync::Once;

use serde::Deserialize;
use serde_json::json;

use super::weights::decoded;
use crate::checkpoint::container::parse_safetensors;
use crate::checkpoint::{Checkpoint, Kind};
use crate::error::Error;
use crate::gpu::Gpu;
use crate::serve::described::Described;
use crate::serve::export::Export;
use crate::serve::failure::Failure;
use crate::serve::outcome::{preview, result};
use crate::serve::request::{Request, VARIANTS};
use crate::serve::songs::Songs;
use crate::serve::sound::string;
use crate::serve::state::State;
use crate::serve::{Engine, Flow, Progress, Task};

/// Most bytes of a song.
const SONG: usize = 4 << 20;
/// Least number of steps from a preview to the next, and most previews of a request.
const PREVIEWED: usize = 4;
const PREVIEWS: usize = 8;
/// The name of the weights in messages.
const WEIGHTS: &str = "the weights";

/// How a call ended.
#[repr(u32)]
enum Status {
    /// The output is the answer.
    Done = 0,
    /// The output is a [`Failure`] as JSON.
    Failed = 1,
    /// The output is the range of a buffer as three words: buffer, offset, bytes. Its values are the input of the next call, `answer`.
    Reading = 2,
}

/// What a call leaves in the output.
enum Output {
    Bytes(Vec<u8>),
    Reading([u32; 3]),
}

type Answer = Result<Output, Failure>;

/// What runs until its values are there.
enum Work {
    Prepare,
    Write(Box<Request>),
}

#[derive(Default)]
struct Program {
    flow: Option<Flow>,
    songs: Songs,
    work: Option<Work>,
}

thread_local! {
    static PROGRAM: RefCell<Program> = RefCell::default();
    static INPUT: RefCell<Vec<u8>> = RefCell::default();
    static OUTPUT: RefCell<Vec<u8>> = RefCell::default();
}

/// The place of an input of so many bytes.
#[unsafe(no_mangle)]
extern "C" fn input(bytes: usize) -> *mut u8 {
    INPUT.with_borrow_mut(|input| {
        *input = vec![0; bytes];
        input.as_mut_ptr()
    })
}

/// The place of the output.
#[unsafe(no_mangle)]
extern "C" fn output() -> *const u8 {
    OUTPUT.with_borrow(|output| output.as_ptr())
}

/// Its bytes.
#[unsafe(no_mangle)]
extern "C" fn output_bytes() -> usize {
    OUTPUT.with_borrow(Vec::len)
}

/// Opens the flow in the input, a coded checkpoint.
#[unsafe(no_mangle)]
extern "C" fn open() -> u32 {
    call(Program::open)
}

/// What the engine is.
#[unsafe(no_mangle)]
extern "C" fn about() -> u32 {
    call(|program, _| program.about())
}

/// Keeps the song in the input, a MIDI file, and describes it.
#[unsafe(no_mangle)]
extern "C" fn song() -> u32 {
    call(|program, bytes| {
        if bytes.len() > SONG {
            return Err(Failure::bad(format!(
                "the file has more than {} MiB, which is the most that is read",
                SONG >> 20
            )));
        }
        let (id, song) = program.songs.add(&bytes)?;
        json(&Described::of(id, &song))
    })
}

/// Writes what the request in the input asks for.
#[unsafe(no_mangle)]
extern "C" fn write() -> u32 {
    call(|program, bytes| {
        let request = parse(&bytes)?;
        program.begin(Work::Write(Box::new(request)))
    })
}

/// Goes on with the values in the input.
#[unsafe(no_mangle)]
extern "C" fn answer() -> u32 {
    call(|program, values| {
        program.gpu()?.answer(values);
        program.gpu()?.rewind();
        program.run()
    })
}

/// The piece of a state as a file.
#[unsafe(no_mangle)]
extern "C" fn export() -> u32 {
    #[derive(Deserialize)]
    struct Exported {
        state: State,
        r#as: String,
    }
    call(|program, bytes| {
        let Exported { state, r#as } = parse(&bytes)?;
        let export = Export::of(&r#as).ok_or_else(|| Failure::bad("a piece is exported as mid, wav or png"))?;
        Ok(Output::Bytes(export.bytes(&state.draft(&program.songs)?)?))
    })
}

/// The sound of the string with the pitch in the input.
#[unsafe(no_mangle)]
extern "C" fn sound() -> u32 {
    call(|_, bytes| string(parse(&bytes)?).map(Output::Bytes).map_err(failure))
}

impl Program {
    fn gpu(&self) -> Result<&Gpu, Failure> {
        Ok(self.flow()?.gpu())
    }

    fn flow(&self) -> Result<&Flow, Failure> {
        self.flow.as_ref().ok_or_else(|| Failure::bad("the weights are not loaded yet"))
    }

    fn open(&mut self, bytes: Vec<u8>) -> Answer {
        let path = Path::new(WEIGHTS);
        let damaged = || Failure::bad("the weights are damaged; load the page again");
        let file = decoded(&bytes).ok_or_else(damaged)?;
        let contents = parse_safetensors(path, &file).map_err(failure)?;
        drop((bytes, file));
        let checkpoint = Checkpoint::of(path, contents, &[Kind::Flow]).map_err(failure)?;
        let gpu = Gpu::of_page("WebGPU");
        gpu.begin();
        self.flow = Some(Flow::of(gpu, checkpoint).map_err(failure)?);
        self.begin(Work::Prepare)
    }

    fn about(&self) -> Answer {
        let about = self.flow()?.about();
        json(&json!({
            "version": env!("CARGO_PKG_VERSION"),
            "adapter": about.adapter,
            "model": about.model,
            "conditions": about.conditions,
            "dynamics": about.dynamics,
            "runs": false,
            "limits": { "song_bytes": SONG, "variants": VARIANTS, "jobs": 1, "all_jobs": 1 },
        }))
    }

    fn begin(&mut self, work: Work) -> Answer {
        self.work = Some(work);
        self.gpu()?.begin();
        self.run()
    }

    /// Runs the work up to the first readback whose values are not there.
    fn run(&mut self) -> Answer {
        let work = self.work.take().ok_or_else(|| Failure::bad("nothing is being written"))?;
        let flow = self.flow.as_mut().ok_or_else(|| Failure::bad("the weights are not loaded yet"))?;
        let gpu = flow.gpu().clone();
        let done = match &work {
            Work::Prepare => flow.prepare().map(|()| Vec::new()).map_err(failure),
            Work::Write(request) => written(flow, &self.songs, request),
        };
        match gpu.wanted() {
            Some(wanted) => {
                self.work = Some(work);
                Ok(Output::Reading([wanted.buffer, wanted.offset, wanted.bytes]))
            }
            None => {
                gpu.end();
                done.map(Output::Bytes)
            }
        }
    }
}

/// What is written for a request, as JSON.
fn written(flow: &mut Flow, songs: &Songs, request: &Request) -> Result<Vec<u8>, Failure> {
    let draft = request.state.draft(songs)?;
    let task = Task::of(request, &draft)?;
    let gpu = flow.gpu().clone();
    let after_step = &mut |progress: &Progress<'_>| {
        let Progress { step, steps, .. } = *progress;
        gpu.mark(step, steps);
        // The values of a preview end a run of the program.
        if request.previews && step < steps && step % PREVIEWED.max(steps / PREVIEWS) == 0 {
            gpu.preview(&bytes(&preview(String::new(), &task, &progress.preview()?)));
        }
        Ok(())
    };
    let written = flow.write(&task, after_step).map_err(failure)?;
    Ok(bytes(&result(String::new(), &task, &written)))
}

/// Runs a call with the input.
fn call(of: impl FnOnce(&mut Program, Vec<u8>) -> Answer) -> u32 {
    // The page shows the message of a panic.
    static HOOK: Once = Once::new();
    HOOK.call_once(|| std::panic::set_hook(Box::new(|panic| OUTPUT.set(panic.to_string().into_bytes()))));
    let input = INPUT.take();
    let answer = PROGRAM.with_borrow_mut(|program| of(program, input));
    let (status, bytes) = match answer {
        Ok(Output::Bytes(bytes)) => (Status::Done, bytes),
        Ok(Output::Reading(words)) => (Status::Reading, words.map(u32::to_le_bytes).as_flattened().to_vec()),
        Err(failure) => (Status::Failed, bytes(&json!({ "error": failure.message, "status": failure.status }))),
    };
    OUTPUT.set(bytes);
    status as u32
}

fn parse<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, Failure> {
    serde_json::from_slice(bytes).map_err(|error| Failure::bad(format!("the request cannot be read: {error}")))
}

fn json(value: &impl serde::Serialize) -> Answer {
    Ok(Output::Bytes(bytes(value)))
}

fn bytes(value: &impl serde::Serialize) -> Vec<u8> {
    serde_json::to_vec(value).expect("these values are JSON")
}

fn failure(error: Error) -> Failure {
    Failure::bad(error.to_string())
}
