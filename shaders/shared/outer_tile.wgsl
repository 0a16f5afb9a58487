// The product C[m, n] = sum over p of A[p, m] B[p, n] of two pixel-major operands, for GPUs: a workgroup of 16 x 16 invocations
// computes a tile of 64 x 64 from slices of sixteen pixels staged in workgroup memory, each invocation 4 x 4 in registers.
// The pixels of one part are summed; parts are added by a later pass.
{% set part = ["x", "y", "z", "w"] %}

const TILE = 64u;
const DEPTH = 16u;

var<workgroup> a_slice: array<vec4<f32>, 256>; // [DEPTH, TILE / 4]
var<workgroup> b_slice: array<vec4<f32>, 256>; // [DEPTH, TILE / 4]

fn tile_b(pixel: u32, n: u32, end: u32, batch: u32) -> f32 {
    if pixel >= end || n >= params.n {
        return 0.0;
    }
    {% if width == 1 %}
    return load_b(pixel, n, batch);
    {% else %}
    return load_b(pixel, n / {{ width }}u, batch)[n % {{ width }}u];
    {% endif %}
}

fn tile_a(from_: u32, row: u32) -> f32 {
    if row >= params.m {
        return 0.0;
    }
    {% if a_width == 4 %}
    return load_a(from_, row & ~3u)[row & 3u];
    {% else %}
    return load_a(from_, row);
    {% endif %}
}

@compute @workgroup_size(256)
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let place = divide(workgroup_number(workgroup, grid), params.column_groups);
    let tile = divide(place.x, params.row_groups);
    let row = tile.y * TILE;
    let tap = tile.x;
    if tap >= {{ taps }}u {
        return;
    }
    let column = place.y * TILE;
    let mine = vec2<u32>(lane / 16u, lane % 16u);
    let first = part_number(workgroup.z) * params.pixels_per_part;
    let end = min(first + params.pixels_per_part, params.pixels);
    {% for r in range(4) %}
    var sum_{{ r }} = vec4<f32>();
    {% endfor %}
    for (var pixel = first; pixel < end; pixel += DEPTH) {
        let from_ = a_offset(pixel + mine.x, end, tap, workgroup.z);
        a_slice[lane] = vec4<f32>(
            {% for r in range(4) %}
            tile_a(from_, row + mine.y * 4u + {{ r }}u),
            {% endfor %}
        );
        b_slice[lane] = vec4<f32>(
            {% for c in range(4) %}
            tile_b(pixel + mine.x, column + mine.y * 4u + {{ c }}u, end, workgroup.z),
            {% endfor %}
        );
        workgroupBarrier();
        for (var depth = 0u; depth < DEPTH; depth += 1u) {
            let a = a_slice[depth * 16u + mine.x];
            let b = b_slice[depth * 16u + mine.y];
            {% for r in range(4) %}
            sum_{{ r }} = fma(vec4<f32>(a.{{ part[r] }}), b, sum_{{ r }});
            {% endfor %}
        }
        workgroupBarrier();
    }
    {% for r in range(4) %}
    if row + mine.x * 4u + {{ r }}u < params.m {
        {% for c in range(0, 4, width) %}
        if column + mine.y * 4u + {{ c }}u < params.n {
            {% if width == 4 %}
            store(tap, row + mine.x * 4u + {{ r }}u, (column + mine.y * 4u) / 4u, sum_{{ r }}, workgroup.z);
            {% elif width == 2 %}
            store(tap, row + mine.x * 4u + {{ r }}u, (column + mine.y * 4u + {{ c }}u) / 2u, sum_{{ r }}.{{ part[c] }}{{ part[c + 1] }}, workgroup.z);
            {% else %}
            store(tap, row + mine.x * 4u + {{ r }}u, column + mine.y * 4u + {{ c }}u, sum_{{ r }}.{{ part[c] }}, workgroup.z);
            {% endif %}
        }
        {% endfor %}
    }
    {% endfor %}
}
