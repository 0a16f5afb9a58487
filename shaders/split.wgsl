// The inverse of concat: a[r] followed by b[r] is y[r]; a lane per {{ vector }} channels of y (a piece), of eight rows. Sizes count
// such pieces.
{% include "shared/join.wgsl" %}
@group(0) @binding(0) var<storage, read> y: array<Channels>; // [rows, first + second]
@group(0) @binding(1) var<storage, read_write> a: array<Channels>; // [rows, first]
@group(0) @binding(2) var<storage, read_write> b: array<Channels>; // [rows, second]

{% include "shared/index.wgsl" %}

@compute @workgroup_size(64)
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let whole = params.first + params.second;
    let place = place_of(workgroup_number(workgroup, grid) * 64u + lane);
    for (var row = place.row; row < place.end; row += 1u) {
        if place.piece < params.first {
            a[row * params.first + place.piece] = y[row * whole + place.piece];
        } else {
            b[row * params.second + place.piece - params.first] = y[row * whole + place.piece];
        }
    }
}
