// drows[h] = sum of dy over n and w, dcolumns[w] = sum of dy over n and h, both added to what is there. An invocation per channel of
// a row or a column.
//
// vector: as in grid_embedding_fwd.
{% from "shared/each.wgsl" import each %}
struct Params {
    samples: u32,
    height: u32,
    width: u32,
    channels: u32, // in values
}
{{ params }}
{% set Value = "vec4<f32>" if vector == 4 else "f32" %}
@group(0) @binding(0) var<storage, read> dy: array<{{ Value }}>; // [N, height, width, channels]
@group(0) @binding(1) var<storage, read_write> drows: array<{{ Value }}>; // [height, channels]
@group(0) @binding(2) var<storage, read_write> dcolumns: array<{{ Value }}>; // [width, channels]

{% call(i) each("(params.height + params.width) * params.channels", 64) %}
    let line = i / params.channels;
    let channel = i - line * params.channels;
    var sum = {{ Value }}();
    for (var n = 0u; n < params.samples; n += 1u) {
        let sample = n * params.height * params.width;
        if line < params.height {
            for (var w = 0u; w < params.width; w += 1u) {
                sum += dy[(sample + line * params.width + w) * params.channels + channel];
            }
        } else {
            for (var h = 0u; h < params.height; h += 1u) {
                sum += dy[(sample + h * params.width + line - params.height) * params.channels + channel];
            }
        }
    }
    if line < params.height {
        drows[i] += sum;
    } else {
        dcolumns[i - params.height * params.channels] += sum;
    }
{% endcall %}
