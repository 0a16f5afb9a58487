// dx is the sum over each pixel's four copies; a lane per {{ vector }} channels of dx. `channels` counts such pieces.
struct Params {
    length: u32,
    width: u32,
    channels: u32,
}
{{ immediates }}

alias Channels = {% if vector == 4 %}vec4<f32>{% else %}f32{% endif %};

@group(0) @binding(0) var<storage, read> dy: array<Channels>; // [N, 2H, 2W, C]
@group(0) @binding(1) var<storage, read_write> dx: array<Channels>; // [N, H, W, C]

{% include "shared/index.wgsl" %}
{% include "shared/divide.wgsl" %}

@compute @workgroup_size(256)
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let i = workgroup_number(workgroup, grid) * 256u + lane;
    if i >= params.length {
        return;
    }
    // A row of dx, over N and H, is two of dy.
    let place = divide(i, params.width * params.channels);
    let pixel = divide(place.y, params.channels);
    let above = (4u * place.x * params.width + 2u * pixel.x) * params.channels + pixel.y;
    let below = above + 2u * params.width * params.channels;
    dx[i] = (dy[above] + dy[above + params.channels]) + (dy[below] + dy[below + params.channels]);
}
