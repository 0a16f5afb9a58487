// The matrix product C[m, n] = sum over taps and k of A[m, tap, k] B[tap, k, n], for GPUs: a workgroup of 16 x 16 invocations
// computes a tile of 64 x 64, each invocation 4 x 4 of it in registers, from slices of A and B staged in workgroup memory.
{% set part = ["x", "y", "z", "w"] %}

const TILE = 64u;
const DEPTH = 16u;

// One column of four rows of A per element, so that an invocation reads its four rows at once.
var<workgroup> a_slice: array<vec4<f32>, 256>; // [DEPTH, TILE / 4]
var<workgroup> b_slice: array<vec4<f32>, 256>; // [DEPTH, TILE / 4]

fn tile_a(start: Start, tap: u32, k: u32) -> f32 {
    if k >= params.k {
        return 0.0;
    }
    {% if a_width == 4 %}
    return load_a(a_offset(start, tap), k & ~3u)[k & 3u];
    {% else %}
    return load_a(a_offset(start, tap), k);
    {% endif %}
}

fn tile_b(tap: u32, k: u32, n: u32, batch: u32) -> f32 {
    if k >= params.k || n >= params.n {
        return 0.0;
    }
    {% if b_transposed %}
    {% if a_width == 4 %}
    return load_b_transposed(k & ~3u, n, batch)[k & 3u];
    {% else %}
    return load_b_transposed(k, n, batch);
    {% endif %}
    {% elif width == 1 %}
    return load_b(tap, k, n, batch);
    {% else %}
    return load_b(tap, k, n / {{ width }}u, batch)[n % {{ width }}u];
    {% endif %}
}

@compute @workgroup_size(256)
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let place = divide(workgroup_number(workgroup, grid), params.column_groups);
    let row = place.x * TILE;
    if row >= params.m {
        return;
    }
    let column = place.y * TILE;
    let mine = vec2<u32>(lane / 16u, lane % 16u);
    // Each invocation stages four rows of A at one k, and four columns of B at one k.
    {% for r in range(4) %}
    let start_{{ r }} = a_start(min(row + mine.y * 4u + {{ r }}u, params.m - 1u), workgroup.z);
    {% endfor %}
    {% for r in range(4) %}
    var sum_{{ r }} = vec4<f32>();
    {% endfor %}
    for (var tap = 0u; tap < {{ taps }}u; tap += 1u) {
        for (var k = 0u; k < params.k; k += DEPTH) {
            a_slice[lane] = vec4<f32>(
                {% for r in range(4) %}
                tile_a(start_{{ r }}, tap, k + mine.x),
                {% endfor %}
            );
            b_slice[lane] = vec4<f32>(
                {% for c in range(4) %}
                tile_b(tap, k + mine.x, column + mine.y * 4u + {{ c }}u, workgroup.z),
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
    }
    {% for r in range(4) %}
    if row + mine.x * 4u + {{ r }}u < params.m {
        {% for c in range(0, 4, width) %}
        if column + mine.y * 4u + {{ c }}u < params.n {
            {% if width == 4 %}
            store(row + mine.x * 4u + {{ r }}u, (column + mine.y * 4u) / 4u, sum_{{ r }}, workgroup.z);
            {% elif width == 2 %}
            store(row + mine.x * 4u + {{ r }}u, (column + mine.y * 4u + {{ c }}u) / 2u, sum_{{ r }}.{{ part[c] }}{{ part[c + 1] }}, workgroup.z);
            {% else %}
            store(row + mine.x * 4u + {{ r }}u, column + mine.y * 4u + {{ c }}u, sum_{{ r }}.{{ part[c] }}, workgroup.z);
            {% endif %}
        }
        {% endfor %}
    }
    {% endfor %}
}
