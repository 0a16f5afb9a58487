// dscale = sum of dy xhat and dshift = sum of dy, over the rows of a sample, added to what is there. An invocation per channel of a
// sample.
//
// vector: as in layer_norm_fwd.
{% from "shared/each.wgsl" import each %}
{% include "shared/layer_norm.wgsl" %}

@group(0) @binding(0) var<storage, read> x: array<Value>; // [rows, C]
@group(0) @binding(1) var<storage, read> statistics: array<vec2<f32>>; // [rows]: mean, rstd
@group(0) @binding(2) var<storage, read> dy: array<Value>; // [rows, C]
@group(0) @binding(3) var<storage, read_write> dscale_dshift: array<Value>; // [N, table_row]

{% call(i) each("params.rows / params.rows_per_sample * params.channels", 64) %}
    let sample = i / params.channels;
    let channel = i - sample * params.channels;
    var dscale = Value();
    var dshift = Value();
    let first = sample * params.rows_per_sample;
    for (var row = first; row < first + params.rows_per_sample; row += 1u) {
        let at = row * params.channels + channel;
        let gradient = dy[at];
        let mean_rstd = statistics[row];
        dscale += gradient * (x[at] - mean_rstd.x) * mean_rstd.y;
        dshift += gradient;
    }
    let column = sample * params.table_row + params.start + channel;
    dscale_dshift[column] += dscale;
    dscale_dshift[column + params.channels] += dshift;
{% endcall %}
