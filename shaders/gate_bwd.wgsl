// df = (1 + g) dy and dg = sum over positions of f dy; an invocation per channel of a sample. dg is added to what is there.
//
// vector: as in gate_fwd. accumulate: whether df is added to what is there, too.
{% from "shared/each.wgsl" import each %}
struct Params {
    samples: u32,
    positions: u32, // of a sample
    channels: u32, // in values, as all that follow
    row: u32, // of the table
    start: u32, // column of the first gate
}
{{ params }}
{% set Value = "vec4<f32>" if vector == 4 else "f32" %}
@group(0) @binding(0) var<storage, read> f: array<{{ Value }}>; // [N, .., C]
@group(0) @binding(1) var<storage, read> gates: array<{{ Value }}>; // [N, row]
@group(0) @binding(2) var<storage, read> dy: array<{{ Value }}>; // [N, .., C]
@group(0) @binding(3) var<storage, read_write> df: array<{{ Value }}>; // [N, .., C]
@group(0) @binding(4) var<storage, read_write> dgates: array<{{ Value }}>; // [N, row]

{% call(i) each("params.samples * params.channels", 64) %}
    let sample = i / params.channels;
    let channel = i - sample * params.channels;
    let column = sample * params.row + params.start + channel;
    let one_plus_g = 1.0 + gates[column];
    var dg = {{ Value }}();
    for (var position = 0u; position < params.positions; position += 1u) {
        let at = (sample * params.positions + position) * params.channels + channel;
        let gradient = dy[at];
        dg += f[at] * gradient;
        df[at] {% if accumulate %}+{% endif %}= one_plus_g * gradient;
    }
    dgates[column] += dg;
{% endcall %}
