//! The functions of the page that the device calls (`engine/tab/commands.js`). Numbers are bytes, offsets and ids.

#[link(wasm_import_module = "device")]
unsafe extern "C" {
    /// Creates a buffer.
    pub safe fn create(buffer: u32, bytes: u32);
    /// Destroys a buffer.
    pub safe fn destroy(buffer: u32);
    /// Sets a range to zero.
    pub safe fn clear(buffer: u32, offset: u32, bytes: u32);
    /// Copies a range.
    pub safe fn copy(from: u32, from_offset: u32, to: u32, to_offset: u32, bytes: u32);
    /// The end of a step of the program, for progress and cancelling.
    pub safe fn mark(done: u32, all: u32);
    fn preview(json: *const u8, count: u32);
    fn write(buffer: u32, offset: u32, bytes: *const u8, count: u32);
    fn kernel(id: u32, name: *const u8, bytes: u32);
    fn dispatch(words: *const u32, count: u32);
}

/// Shows a preview, as JSON.
pub fn show(json: &[u8]) {
    // SAFETY: the page copies the range before it returns.
    unsafe { preview(json.as_ptr(), json.len() as u32) }
}

/// Writes bytes into a buffer.
pub fn upload(buffer: u32, offset: u32, bytes: &[u8]) {
    // SAFETY: as above.
    unsafe { write(buffer, offset, bytes.as_ptr(), bytes.len() as u32) }
}

/// Names the kernel with the number `id`.
pub fn name_kernel(id: u32, name: &str) {
    // SAFETY: as above.
    unsafe { kernel(id, name.as_ptr(), name.len() as u32) }
}

/// Runs a kernel: its number, workgroups along x, y and z, the number of bindings, a buffer, offset and bytes for each, and the words
/// of `Params`.
pub fn run(words: &[u32]) {
    // SAFETY: as above.
    unsafe { dispatch(words.as_ptr(), words.len() as u32) }
}
