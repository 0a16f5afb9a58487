// Parameters of the kernels of group norm that split the positions into chunks: one invocation per chunk and vector of channels.
// Chunk i has every `stride`-th of the `chunk_span` positions from i chunk_offset on.
struct Params {
    length: u32, // invocations: samples x chunks x vectors
    positions: u32,
    vectors: u32, // of {{ vector }} channels, at a position
    chunks: u32,
    chunk_offset: u32,
    chunk_span: u32,
    stride: u32,
}
{{ params }}

alias Value = {% if vector == 4 %}vec4<f32>{% else %}f32{% endif %};
