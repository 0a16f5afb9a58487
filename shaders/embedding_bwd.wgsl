// dtable[id] = the sum of dy[n] over the n with ids[n] = id, in order.
{% from "shared/each.wgsl" import each %}
struct Params {
    length: u32, // of the table, in elements
    lookups: u32,
    channels: u32,
}
{{ params }}

@group(0) @binding(0) var<storage, read> ids: array<u32>; // [N]
@group(0) @binding(1) var<storage, read> dy: array<f32>; // [N, C]
@group(0) @binding(2) var<storage, read_write> dtable: array<f32>; // [rows, C]

{% call(i) each("params.length", 256) %}
    let id = i / params.channels;
    let channel = i - id * params.channels;
    var sum = 0.0;
    for (var n = 0u; n < params.lookups; n += 1u) {
        if ids[n] == id {
            sum += dy[n * params.channels + channel];
        }
    }
    dtable[i] = sum;
{% endcall %}
