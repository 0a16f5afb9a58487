// y[n] = table[ids[n]], or zeros where the table has no such row.
{% from "shared/each.wgsl" import each %}
struct Params {
    length: u32, // of y, in elements
    rows: u32,
    channels: u32,
}
{{ params }}

@group(0) @binding(0) var<storage, read> table: array<f32>; // [rows, C]
@group(0) @binding(1) var<storage, read> ids: array<u32>; // [N]
@group(0) @binding(2) var<storage, read_write> y: array<f32>; // [N, C]

{% call(i) each("params.length", 256) %}
    let n = i / params.channels;
    let id = ids[n];
    var value = 0.0;
    if id < params.rows {
        value = table[id * params.channels + i - n * params.channels];
    }
    y[i] = value;
{% endcall %}
